import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

import { fieldOf, isInstance, messageOf, type Platform } from '@holon/contract'
import { within } from '@holon/contract/platform'

/** A module of the user's cannot be loaded. The message says where the mistake is, and what to do. */
export class LoadFailure extends Error {
  override readonly name: string = 'LoadFailure'
}

/** Longer than any module takes that does not wait for something. */
const timeoutMs = 60_000

/**
 * Runs an `import()` of the user's modules, for a minute at most.
 *
 * @throws LoadFailure if it takes longer, or if what is loaded has a mistake; other errors pass as they are.
 */
export async function loadModule<T>(load: () => Promise<T>, platform: Platform): Promise<T> {
  const files: string[] = []
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      if (url.startsWith('file:')) files.push(fileURLToPath(url))
      return nextLoad(url, context)
    },
  })
  try {
    const loading = load()
    if (await within(platform, timeoutMs, loading)) return await loading
  } catch (error) {
    if (isInstance(error, SyntaxError) && !isThrown(error))
      throw new LoadFailure(explain(error, files), { cause: error })
    if (isUnresolved(error)) throw new LoadFailure(messageOf(error), { cause: error })
    throw error
  } finally {
    hooks.deregister()
  }
  throw new LoadFailure(
    `It was not loaded within ${timeoutMs / 1_000} s. Does something in it, or in what it imports, wait at the top level? A service can wait in its start hook.`,
  )
}

/** Whether code has thrown it (`JSON.parse`), so that the stack shows where. What comes of loading has only Node's own frames. */
function isThrown({ stack = '' }: SyntaxError): boolean {
  return stack.split('\n').some((line) => /^\s+at (?!async ).*file:/.test(line))
}

/** Whether Node has not found a module, or does not take it for one: its message says who imports what, its frames nothing. */
function isUnresolved(error: unknown): boolean {
  const code = fieldOf(error, 'code')
  return (
    typeof code === 'string' &&
    /^ERR_(?:MODULE_NOT_FOUND$|PACKAGE_|UNSUPPORTED_|UNKNOWN_(?:MODULE|FILE)|INVALID_(?:MODULE|PACKAGE)|IMPORT_)/.test(
      code,
    )
  )
}

const erasableSyntax =
  'Holon runs TypeScript as it is, by taking the types out. What is more than a type cannot be used (enum, namespace with code, parameter property, decorator); the compiler option erasableSyntaxOnly finds it. Write a const object instead of an enum, fields instead of parameter properties, and function calls instead of decorators.'

function explain(error: SyntaxError, files: readonly string[]): string {
  // The part above the stack has file, line and text; below are only Node's own frames.
  const [told = ''] = (error.stack ?? '').split('\n    at ')
  const place = hasPlace(told) ? told : (findMistake(files) ?? told)
  const erasable = 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
  return erasable || /^\s*@\w/m.test(place) ? `${place}\n${erasableSyntax}` : place
}

function hasPlace(told: string): boolean {
  return !told.startsWith('SyntaxError')
}

// The last one loaded is the wrong one, unless several were loaded at once.
const lookedAt = 10

/**
 * Node does not tell where the mistake is in a module that is wrong only after its types are gone. Its own check of
 * a program's syntax does.
 */
function findMistake(files: readonly string[]): string | undefined {
  for (const file of files.slice(-lookedAt).toReversed()) {
    if (!/\.[cm]?[jt]s$/.test(file)) continue
    try {
      const source = readFileSync(file, 'utf8')
      // Types become spaces, so lines and columns stay.
      const input = file.endsWith('ts') ? stripTypeScriptTypes(source) : source
      const { status, stderr } = spawnSync(process.execPath, ['--check', '--input-type=module', '-'], {
        input,
        encoding: 'utf8',
        env: {},
      })
      if (status !== 0) return stderr.split('\n    at ')[0]?.replace('[stdin]', file)
    } catch {
      // It is gone, or wrong in another way, which Node would have told.
    }
  }
  return undefined
}
