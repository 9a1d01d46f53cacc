import { defineApp, defineService } from '@holon/app'
import { command, defineContract, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { startGateway } from '@holon/gateway'
import { expose } from '@holon/gateway/definition'
import { memoryNetwork } from '@holon/rpc'
import { startInstance } from '@holon/runtime'
import { chromium } from 'playwright-core'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { describeWith } from '../support/describe-with.ts'

const greetings = defineContract('greetings', {
  operations: {
    greet: query({
      http: 'GET /greetings/{name}',
      summary: 'Greets somebody.',
      input: z.object({ name: z.string().default('Ada') }),
      output: z.object({ text: z.string() }),
    }),
    forget: command({ http: 'DELETE /greetings/{name}', input: z.object({ name: z.string() }) }),
  },
})

async function startGreetings(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const service = defineService(greetings, {
    operations: { greet: ({ name }) => ({ text: `Hello ${name}` }), forget: () => {} },
  })
  const platform = systemPlatform()
  const observer = { observe: () => {} }
  const instance = await startInstance({
    app: defineApp({ name: 'greeter', services: { greetings: () => Promise.resolve({ default: service }) } }),
    services: ['greetings'],
    instance: 'greetings-1',
    platform,
    network: memoryNetwork(),
    observer,
    environment: {},
    provision: () => Promise.reject(new Error('There is no store here.')),
    listen: undefined,
    callers: [{ name: 'gateway', uses: ['greetings'] }],
    linkSecret: undefined,
  })
  const gateway = await startGateway({
    app: 'greeter',
    definition: { prefix: '/api', expose: [expose(greetings, ['greet', 'forget'])] },
    invoker: instance.invoker('gateway'),
    platform,
    observer,
    port: 0,
    check: () => instance.check(),
  })
  const close = async (): Promise<void> => {
    await gateway.close(1000)
    await instance.stop(1000)
  }
  return { url: gateway.url, close }
}

describeWith('chromium', 'the reference page in a browser', (executablePath) => {
  it('shows the operations and runs one, under its own policy and without asking another host', async () => {
    const app = await startGreetings()
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => {
        const url = request.url()
        if (!url.startsWith(app.url) && !url.startsWith('data:')) complaints.push(`it asks ${url}`)
      })
      await page.goto(`${app.url}/docs`)
      const greet = page.locator('#operations-greetings-greetings_greet')
      await greet.getByText('Greets somebody.').waitFor()
      expect(await page.locator('.opblock').count()).toBe(2)
      await greet.locator('.opblock-summary').click()
      await greet.locator('button.execute').click()
      await greet.getByText('"Hello Ada"').waitFor()
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      await app.close()
    }
  })
})
