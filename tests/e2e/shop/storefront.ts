import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'

import { describeWith } from '../../support/describe-with.ts'
import type { ShopUnderTest } from './shop-api.ts'

/** Debian's Chromium as root, without the services a browser calls home with. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const stepTimeoutMs = 20_000

/** A customer at the storefront, in a real browser. */
export function describeStorefront(underTest: ShopUnderTest): void {
  describeWith('chromium', 'the storefront', (executablePath) => {
    let browser: Browser
    let context: BrowserContext
    let page: Page
    let complaints: string[]
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: flags })
    })
    afterAll(() => browser?.close())
    beforeEach(async () => {
      context = await browser.newContext({ baseURL: underTest.shop().url, viewport: { width: 1280, height: 900 } })
      context.setDefaultTimeout(stepTimeoutMs)
      page = await context.newPage()
      complaints = []
      page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('status of 4')) complaints.push(message.text())
      })
    })
    afterEach(async () => {
      await context.close()
      expect(complaints).toEqual([])
    })

    const heading = (name: string | RegExp): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor()
    const signUp = async (): Promise<void> => {
      await page.goto('/sign-up')
      await page.getByLabel('Name').fill('Ada Browser')
      await page.getByLabel('Email').fill(`ada-${crypto.randomUUID()}@example.com`)
      await page.getByLabel('Password').fill('correct horse battery')
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByRole('button', { name: 'Account menu' }).waitFor()
    }

    it('shows the front page with every part, and leads to a category and a product', async () => {
      await page.goto('/')
      await heading('Good things, for a long time.')
      for (const part of ['Shop by category', 'Favourites of the house', 'Just in', 'What customers say']) {
        await page.getByRole('region', { name: part }).waitFor()
      }
      // Decorative pictures have no role.
      const picture = page.getByRole('region', { name: 'Just in' }).locator('img').first()
      await picture.scrollIntoViewIfNeeded()
      await expect
        .poll(() => picture.evaluate((image) => ('naturalWidth' in image ? image.naturalWidth : 0)))
        .toBeGreaterThan(0)
      await page.getByRole('region', { name: 'Shop by category' }).getByRole('link').first().click()
      await page.getByRole('article').first().getByRole('link').first().click()
      await page.getByRole('button', { name: /^(Add to cart|Sold out)$/ }).waitFor()
    })

    it('finds products by keyboard alone', async () => {
      await page.goto('/')
      await page.keyboard.press('Tab')
      await page.getByRole('link', { name: 'Skip to content' }).waitFor()
      await page.getByRole('searchbox', { name: 'Search products' }).focus()
      await page.keyboard.type('kettle')
      await page.keyboard.press('Enter')
      await heading(/Results for/)
      await page
        .getByRole('article', { name: /Kettle/ })
        .first()
        .waitFor()
    })

    const order = async (word: string): Promise<void> => {
      await signUp()
      await page.goto(`/search?query=${word}`)
      await page
        .getByRole('button', { name: /^Add .+ to cart$/ })
        .first()
        .click()
      await page.getByRole('link', { name: /^Cart, 1 item/ }).click()
      await page.getByRole('link', { name: 'Go to checkout' }).click()
      await page.getByRole('radio', { name: 'Credit or debit card' }).check()
      await page.getByRole('button', { name: 'Place order' }).click()
      await heading('Thank you for your order')
    }

    it('signs up, fills the cart, orders, and follows the order until it is delivered', async () => {
      await order('notebook')
      await page.getByRole('link', { name: 'Cart, 0 items' }).waitFor()
      await page.goto('/orders')
      await page.getByRole('list', { name: 'Orders' }).getByRole('link').first().click()
      await heading(/^Order /)
      // From here on nobody touches the page.
      const stations = page.getByRole('list', { name: 'Stations of your order' }).getByRole('listitem')
      await page.getByText('Your order has arrived').waitFor()
      expect(await stations.allInnerTexts()).toEqual(
        ['Placed', 'Paid', 'Packed', 'Shipped', 'Delivered'].map((name) =>
          expect.stringMatching(new RegExp(`^${name}\\s.*\\d\\d:\\d\\d`)),
        ),
      )
      await page.getByText(/^Tracking code HP-/).waitFor()
      await page.getByText('Delivered', { exact: true }).first().waitFor()
    })

    it('follows the order on after the connection was lost', async () => {
      const broken = new AbortController()
      await page.route('**/api/orders/*/events', (route) => (broken.signal.aborted ? route.continue() : route.abort()))
      await order('tea')
      await page.getByText('Connection lost, trying again…').waitFor()
      broken.abort()
      await page.getByText('Your order has arrived').waitFor()
      complaints = complaints.filter((complaint) => !complaint.includes('net::ERR_FAILED'))
    })

    it('keeps the mails that the shop has written, and leads from them to the order', async () => {
      await order('lamp')
      await page.getByRole('button', { name: 'Account menu' }).click()
      await page.getByRole('link', { name: 'Your mails' }).first().click()
      await heading('Your mails')
      const mails = page.getByRole('list', { name: 'Mails' }).getByRole('listitem')
      await expect.poll(() => mails.count(), { timeout: stepTimeoutMs }).toBe(3)
      await page.getByText(/is on its way$/).waitFor()
      await page.setViewportSize({ width: 360, height: 740 })
      const overflow = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)
      expect(overflow).toBeLessThanOrEqual(0)
      // The newest is open when the page is; the others open by keyboard, too.
      await page.reload()
      const welcome = mails.filter({ hasText: /^Welcome/ })
      await welcome.locator('summary').focus()
      await page.keyboard.press('Enter')
      await welcome.getByText('Your account is ready.').waitFor()
      await mails.first().getByRole('link', { name: 'See your order' }).click()
      await heading(/^Order /)
    })

    it('says when a card is declined, and keeps the cart', async () => {
      await signUp()
      await page.goto('/search?query=lamp')
      await page
        .getByRole('button', { name: /^Add .+ to cart$/ })
        .first()
        .click()
      await page.getByRole('link', { name: /^Cart, 1 item/ }).click()
      await page.getByRole('link', { name: 'Go to checkout' }).click()
      await page.getByRole('radio', { name: 'Test card (always declined)' }).check()
      await page.getByRole('button', { name: 'Place order' }).click()
      await page.getByRole('alert').first().waitFor()
      await page.goto('/cart')
      await page.getByRole('list', { name: 'Items in your cart' }).waitFor()
    })

    it('asks a signed-out visitor to sign in, then goes on with what was wished', async () => {
      await page.goto('/search?query=mug')
      await page
        .getByRole('button', { name: /^Add .+ to cart$/ })
        .first()
        .click()
      await heading('Sign in')
    })

    it('fits the width of a phone', async () => {
      await page.setViewportSize({ width: 360, height: 740 })
      for (const path of ['/', '/search?query=tea', '/cart', '/no-such-page']) {
        await page.goto(path)
        await page.getByRole('heading', { level: 1 }).waitFor()
        const overflow = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)
        expect({ path, overflow: overflow > 0 }).toEqual({ path, overflow: false })
      }
    })
  })
}
