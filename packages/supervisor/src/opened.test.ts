import { expect, test } from 'vitest'

import { Opened } from './opened.ts'

test('what was opened is closed in reverse, once, each after the one before it has closed', async () => {
  const closed: string[] = []
  const opened = new Opened()
  const close = async (part: string): Promise<void> => {
    await Promise.resolve()
    closed.push(part)
  }
  for (const part of ['folder', 'server', 'fleet']) expect(opened.add(part, close)).toBe(part)
  await opened.close()
  await opened.close()
  expect(closed).toEqual(['fleet', 'server', 'folder'])
})

test('one that cannot be closed keeps nobody else open, and is told', async () => {
  const closed: string[] = []
  const opened = new Opened()
  opened.add('folder', (part) => void closed.push(part))
  for (const part of ['server', 'fleet'])
    opened.add(part, () => {
      throw new Error(`${part} hangs`)
    })
  await expect(opened.close()).rejects.toThrow('fleet hangs')
  expect(closed).toEqual(['folder'])
})
