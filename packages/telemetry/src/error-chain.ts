/** One thrown value as the log shows it. Its own properties are left out: drivers put row values and credentials there. */
export interface LoggedError {
  readonly type: string
  readonly code?: string
  readonly message: string
  readonly stack?: string
  readonly cause?: LoggedError
}

// A chain is as long as a program is deep; a cycle has no end. Five levels tell the story.
const maxDepth = 5
const maxText = 8_192

/** What was thrown and what caused it, bounded in depth and length. Never throws, whatever was thrown. */
export function toErrorChain(thrown: unknown, depth = 1): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: bounded(describe(thrown)) }
  const code: unknown = 'code' in thrown ? thrown.code : undefined
  return {
    type: bounded(thrown.name),
    ...(typeof code === 'string' && { code: bounded(code) }),
    message: bounded(thrown.message),
    ...(typeof thrown.stack === 'string' && { stack: bounded(framesOf(thrown.stack)) }),
    ...(thrown.cause !== undefined && depth < maxDepth && { cause: toErrorChain(thrown.cause, depth + 1) }),
  }
}

function describe(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown)
  return `an object with the fields ${Object.keys(thrown).join(', ')}`
}

/** The frames alone: `stack` begins with type and message, which stand in fields of their own. */
function framesOf(stack: string): string {
  const first = stack.search(/^\s+at /m)
  return first === -1 ? '' : stack.slice(first)
}

function bounded(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}… (${text.length} characters)` : text
}
