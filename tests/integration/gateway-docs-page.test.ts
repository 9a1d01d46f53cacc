import { defineApp, defineService } from '@holon/app'
import { command, defineContract, query } from '@holon/contract'
import { expose } from '@holon/gateway/definition'
import { startTestApp } from '@holon/testing'
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

const service = defineService(greetings, {
  operations: { greet: ({ name }) => ({ text: `Hello ${name}` }), forget: () => {} },
})
const greeter = defineApp({
  name: 'greeter',
  services: { greetings: () => Promise.resolve({ default: service }) },
  gateway: { prefix: '/api', expose: [expose(greetings, ['greet', 'forget'])] },
})

describeWith('chromium', 'the reference page in a browser', (executablePath) => {
  it('shows the operations and runs one, under its own policy and without asking another host', async () => {
    await using app = await startTestApp(greeter)
    const origin = await app.listen()
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => {
        const url = request.url()
        if (!url.startsWith(origin) && !url.startsWith('data:')) complaints.push(`it asks ${url}`)
      })
      await page.goto(`${origin}/docs`)
      const greet = page.locator('#operations-greetings-greetings_greet')
      await greet.getByText('Greets somebody.').waitFor()
      expect(await page.locator('.opblock').count()).toBe(2)
      await greet.locator('.opblock-summary').click()
      await greet.locator('button.execute').click()
      await greet.getByText('"Hello Ada"').waitFor()
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
