/**
 * Takes a picture of every page at two widths and in both colour schemes, from the last build against the mock API:
 * `npm run screenshots -w @shop/storefront -- <folder>`. Reports anything that the browser complains about.
 */
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { chromium, type Browser, type Page } from 'playwright-core'

import { createMockApi } from './mock-api.ts'
import { Refusal, type MockShop } from './mock-shop.ts'

interface Scene {
  name: string
  path: string
  signedIn?: boolean
  /** The page keeps a connection open, so that the network is never idle. */
  follows?: boolean
  /** Makes the shop misbehave, or walks to the state to look at. */
  before?: (shop: MockShop) => void
  act?: (page: Page) => Promise<unknown>
}

const unavailable = new Refusal('unavailable', 'The catalogue is not available right now. Please try again shortly.')

const scenes: Scene[] = [
  { name: 'home', path: '/' },
  {
    name: 'home-parts-missing',
    path: '/',
    before: (shop) => void shop.missing.add('reviews').add('recommendations'),
  },
  {
    name: 'home-down',
    path: '/',
    before: (shop) => void shop.faults.set('GET /api/home', unavailable),
    act: (page) => page.getByRole('alert').waitFor(),
  },
  { name: 'category', path: '/categories/kitchen' },
  { name: 'search', path: '/search?query=wood' },
  { name: 'search-empty', path: '/search?query=zeppelin' },
  { name: 'product', path: '/products/p-0001' },
  { name: 'product-sold-out', path: '/products/p-0002', before: (shop) => shop.setStock('p-0002', 0) },
  { name: 'not-found', path: '/nowhere' },
  { name: 'sign-in', path: '/sign-in?add=p-0001&quantity=1' },
  { name: 'sign-up', path: '/sign-up' },
  {
    name: 'sign-in-wrong',
    path: '/sign-in',
    act: async (page) => {
      await page.getByLabel('Email').fill('nobody@example.com')
      await page.getByLabel('Password').fill('not-the-password')
      await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  { name: 'cart-empty', path: '/cart', signedIn: true, before: (shop) => shop.emptyCarts() },
  { name: 'cart', path: '/cart', signedIn: true },
  { name: 'checkout', path: '/checkout', signedIn: true },
  {
    name: 'checkout-declined',
    path: '/checkout',
    signedIn: true,
    act: async (page) => {
      await page.getByLabel('Test card (always declined)').check()
      await page.getByRole('button', { name: 'Place order' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'confirmation',
    follows: true,
    path: '/checkout',
    signedIn: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Place order' }).click()
      await page.getByRole('heading', { name: 'Thank you for your order' }).waitFor()
    },
  },
  { name: 'orders', path: '/orders', signedIn: true },
  {
    name: 'order',
    follows: true,
    path: '/orders',
    signedIn: true,
    act: (page) =>
      page
        .getByRole('link', { name: /^Order / })
        .first()
        .click(),
  },
  { name: 'mails', path: '/mails', signedIn: true, before: (shop) => shop.showOrdersAfter(60_000) },
  ...['pending', 'paid', 'packed', 'shipped', 'delivered'].map((status, index) => ({
    name: `order-${status}`,
    follows: true,
    path: '/orders',
    signedIn: true,
    before: (shop: MockShop) => shop.showOrdersAfter([100, 2_600, 5_100, 8_100, 60_000][index] ?? 0),
    act: async (page: Page) => {
      await page
        .getByRole('link', { name: /^Order / })
        .first()
        .click()
      await page.getByRole('list', { name: 'Stations of your order' }).waitFor()
    },
  })),
  {
    name: 'account-menu',
    path: '/products/p-0005',
    signedIn: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Add to cart' }).click()
      await page.getByRole('status').filter({ hasText: 'Added' }).waitFor()
      await page.getByRole('button', { name: 'Account menu' }).click()
    },
  },
]

const folder = process.argv[2] ?? 'screenshots'
const only = process.argv[3]
await mkdir(folder, { recursive: true })

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
})
try {
  for (const width of [1280, 360]) {
    for (const colorScheme of ['light', 'dark'] as const) await takeAll(browser, width, colorScheme)
  }
} finally {
  await browser.close()
}

async function takeAll(on: Browser, width: number, colorScheme: 'light' | 'dark'): Promise<void> {
  const { server, shop } = createMockApi()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  // Of a server that listens on a port.
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const token = signIn(shop)
  for (const scene of scenes.filter(({ name }) => !only || name === only)) {
    shop.missing.clear()
    shop.faults.clear()
    fillCart(shop, token)
    scene.before?.(shop)
    const context = await on.newContext({
      viewport: { width, height: width < 600 ? 740 : 860 },
      colorScheme,
      reducedMotion: 'reduce',
    })
    if (scene.signedIn) await context.addInitScript((value) => localStorage.setItem('shop.token', value), token)
    const page = await context.newPage()
    page.setDefaultTimeout(5_000)
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('the server responded'))
        console.log(scene.name, message.text())
    })
    page.on('pageerror', (error) => console.log(scene.name, error))
    await page.goto(origin + scene.path)
    await scene.act?.(page)
    if (scene.follows) await page.waitForTimeout(700)
    else await page.waitForLoadState('networkidle')
    await settlePictures(page)
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (overflow > 0) console.log(`${scene.name} at ${width}: ${overflow} px wider than the screen`)
    await page.screenshot({ path: join(folder, `${scene.name}-${width}-${colorScheme}.png`), fullPage: true })
    await context.close()
  }
  await new Promise((resolve) => server.close(resolve))
}

/** Lazy pictures load only when they come near: go past them all, then wait for each. */
async function settlePictures(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = 'eager'
    await Promise.allSettled([...document.images].map((image) => image.decode()))
  })
}

function signIn(shop: MockShop): string {
  const account = { email: 'marta@example.com', password: 'a long password', name: 'Marta Keller' }
  shop.signUp(account)
  const token = shop.signIn(account)
  for (const id of ['p-0003', 'p-0010', 'p-0031']) shop.setItem(token, id, 1)
  shop.placeOrder(token, 'card', null)
  return token
}

function fillCart(shop: MockShop, token: string): void {
  for (const [id, quantity] of [
    ['p-0001', 1],
    ['p-0008', 2],
    ['p-0013', 4],
  ] as const)
    shop.setItem(token, id, quantity)
}
