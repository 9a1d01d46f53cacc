import type { CallOptions, Log } from 'holon'

/** A page does not wait longer than this for something that it can do without. */
const timeoutMs = 800

/** A part of a page that may be missing: null when it fails or takes too long. */
export async function optionalPart<Part>(
  log: Log,
  name: string,
  load: (options: CallOptions) => Promise<Part>,
): Promise<Part | null> {
  try {
    return await load({ timeoutMs })
  } catch (error) {
    log.warn(`a page is shown without its ${name}`, { error: String(error) })
    return null
  }
}
