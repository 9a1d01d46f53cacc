import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

import { type Platform, randomId } from '@holon/contract/platform'

/** The passwords of the server's roles, in a file that only its owner may read. */
export interface Credentials {
  /** The password of `role`, made and saved if it is new. */
  passwordOf(role: string): Promise<string>
}

/** Reads `credentials.json` of the directory. Calls must not overlap. */
export async function readCredentials(directory: string, platform: Platform): Promise<Credentials> {
  const path = join(directory, 'credentials.json')
  const passwords = new Map(Object.entries(await readPasswords(path)))
  return {
    passwordOf: async (role) => {
      const known = passwords.get(role)
      if (known !== undefined) return known
      const password = randomId(platform, 24)
      passwords.set(role, password)
      await writeDurably(path, `${JSON.stringify(Object.fromEntries(passwords), undefined, 2)}\n`)
      return password
    },
  }
}

async function readPasswords(path: string): Promise<Record<string, string>> {
  try {
    // Written above, durably and as a whole.
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, string>
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

/** The server may know the new password a moment later: the file must not fall back to the time before. */
async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}
