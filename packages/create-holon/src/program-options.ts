import { parseArgs } from 'node:util'

import { CreateFailure, exitCodes, type Host } from './host.ts'
import { type PackageManagerName, packageManagerNames } from './package-manager.ts'
import { meantCommand } from './taken-by-npm.ts'
import { templates } from './templates.ts'

export interface ProgramOptions {
  /** The folder, as it was written. */
  readonly folder: string | undefined
  readonly template: string | undefined
  readonly packageManager: PackageManagerName | undefined
  readonly yes: boolean
  readonly install: boolean
  readonly git: boolean
  readonly help: boolean
  readonly version: boolean
}

const templateNames = templates.map(({ name }) => name)

export const help: string = `Usage: npm create holon@latest [folder] -- [options]

Begins a project with Holon. The project is called like the folder. Where there is no terminal, or with --yes, nothing is
asked: what is not said is as given below.

Options:
  --template <name>         ${templateNames.join(', ')} (default: minimal)
  --package-manager <name>  ${packageManagerNames.join(', ')} (default: the one that runs this)
  --no-install              installs no packages
  --no-git                  makes no git repository
  -y, --yes                 asks nothing; the folder is holon-app if none is named
  -V, --version             prints the version
  -h, --help                prints this

Templates:
${templates.map(({ name, hint }) => `  ${name.padEnd(24)}  ${hint}`).join('\n')}

Exit codes:
  0    the project is there
  1    something failed; the message says what
  2    wrong usage, or a folder that is not empty
  130  it was cancelled

Environment:
  CI        set: nothing is asked
  NO_COLOR  no colours
`

/** @throws CreateFailure naming the option that is not known, whose value cannot be, or that npm has taken for its own. */
export function parseOptions({
  arguments: args,
  environment,
}: Pick<Host, 'arguments' | 'environment'>): ProgramOptions {
  const { values, positionals } = parse(args)
  const meant = meantCommand(environment, positionals)
  if (meant !== undefined) throw usage(`npm takes options that stand before -- for its own. Write:\n  ${meant}`)
  const [folder, ...more] = positionals
  if (more.length > 0) throw usage(`One folder is enough: ${positionals.join(', ')}.`)
  return {
    folder,
    template: oneOf('template', values.template, templateNames),
    packageManager: oneOf('package-manager', values['package-manager'], packageManagerNames),
    yes: values.yes,
    install: values.install,
    git: values.git,
    help: values.help,
    version: values.version,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        template: { type: 'string' },
        'package-manager': { type: 'string' },
        install: { type: 'boolean', default: true },
        git: { type: 'boolean', default: true },
        yes: { type: 'boolean', short: 'y', default: false },
        version: { type: 'boolean', short: 'V', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    // Node's sentences name the option; the rest of them is about quoting.
    throw usage(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error))
  }
}

function oneOf<T extends string>(option: string, value: string | undefined, possible: readonly T[]): T | undefined {
  const known = possible.find((each) => each === value)
  if (value !== undefined && known === undefined)
    throw usage(`--${option} is '${value}'; it can be ${possible.join(', ')}.`)
  return known
}

function usage(message: string): CreateFailure {
  return new CreateFailure(exitCodes.usage, `${message}\nSee: npm create holon@latest -- --help`)
}
