import { SettingFailure } from './setting-failure.ts'

const leastSecretBytes = 32

/**
 * Whoever guesses the secret can call every service; a short one can be guessed from a single handshake.
 *
 * @throws SettingFailure if it is too short, or missing where `neededBy` names what needs it.
 */
export function checkLinkSecret(secret: string | undefined, neededBy: string | undefined): void {
  const bytes = new TextEncoder().encode(secret ?? '').length
  if (bytes >= leastSecretBytes || (secret === undefined && neededBy === undefined)) return
  const problem =
    bytes === 0 && neededBy !== undefined
      ? `${neededBy} needs HOLON_LINK_SECRET, which all instances of the app share`
      : `HOLON_LINK_SECRET has only ${bytes} bytes`
  throw new SettingFailure(
    `${problem}. Use a random text of at least ${leastSecretBytes} bytes; this makes one: node -p "crypto.randomBytes(32).toString('base64url')"`,
  )
}
