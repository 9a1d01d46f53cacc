import { ServiceError } from './error.ts'

/** What {@link loadOptional} tells of a part that needs packages which Holon does not bring. */
export interface OptionalPart {
  /** As the beginning of a sentence: `The bus 'nats'`. */
  readonly part: string
  /** npm packages, by name. The command in the error installs all of them. */
  readonly packages: readonly string[]
  /** `import.meta.resolve` of the module that asks: a package is looked for from where it would be loaded. */
  readonly resolve: (name: string) => string
}

/** A part of Holon was used whose packages are not installed. The message says all: what, and the command. */
export class MissingPackage extends ServiceError {
  override readonly name: string = 'MissingPackage'

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('failed_precondition', message, options)
  }
}

/**
 * Loads a part of Holon that stands on packages which are installed only where they are used: `load` is its `import()`.
 *
 * @throws MissingPackage naming the packages that are not there and the command that installs them.
 *   Whatever else goes wrong while loading is thrown as it is: also that one of those packages misses one of its own.
 */
export async function loadOptional<T>(load: () => Promise<T>, optional: OptionalPart): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const missing = optional.packages.filter((name) => !isInstalled(name, optional.resolve))
    if (missing.length === 0) throw cause
    throw new MissingPackage(missingMessage(optional.part, missing), { cause })
  }
}

/** What is said of packages that are not there: `The bus 'nats' needs …: npm install …`, or what {@link installCommand} gives. */
export function missingMessage(part: string, missing: readonly string[]): string {
  const names = missing.map((name) => `'${name}'`).join(' and ')
  const what = missing.length === 1 ? `the npm package ${names}, which is` : `the npm packages ${names}, which are`
  return `${part} needs ${what} not installed: ${installCommand(missing)}`
}

/**
 * The command that installs packages: that of the package manager which has started this process, for another one would take
 * apart what that has installed; npm's where nothing says which. `userAgent`: what `npm_config_user_agent` says.
 */
export function installCommand(packages: readonly string[], userAgent: string = ownUserAgent()): string {
  const manager = ['pnpm', 'yarn'].find((name) => userAgent.startsWith(`${name}/`))
  return `${manager === undefined ? 'npm install' : `${manager} add`} ${packages.join(' ')}`
}

function ownUserAgent(): string {
  // oxlint-disable-next-line no-restricted-globals -- only parts that Node alone loads come here
  return process.env['npm_config_user_agent'] ?? ''
}

function isInstalled(name: string, resolve: OptionalPart['resolve']): boolean {
  try {
    resolve(name)
    return true
  } catch (error) {
    // A package that is there and exports nothing under its bare name is no missing one.
    return !(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
  }
}
