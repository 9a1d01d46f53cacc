import { packageManagerNames } from './package-manager.ts'
import { templates } from './templates.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The command line as it was meant, where options stood in front of `--`: npm takes those for its own, and passes on at most
 * their values. Undefined: nothing was taken.
 */
export function meantCommand(environment: Environment, positionals: readonly string[]): string | undefined {
  if (environment['npm_command'] !== 'init') return undefined
  const { npm_config_template: template, npm_config_package_manager: manager } = environment
  const values = new Map([
    ['--template', valueOf(template, positionals, (value) => templates.some(({ name }) => name === value))],
    ['--package-manager', valueOf(manager, positionals, (value) => packageManagerNames.some((name) => name === value))],
  ])
  const options = [
    ...[...values].flatMap(([option, value]) => (value === undefined ? [] : [`${option} ${value}`])),
    ...(isOff(environment['npm_config_install']) ? ['--no-install'] : []),
    ...(isOff(environment['npm_config_git']) ? ['--no-git'] : []),
  ]
  if (options.length === 0) return undefined
  const folder = positionals.filter((each) => ![...values.values()].includes(each))
  return ['npm create holon@latest', ...folder.slice(0, 1), '--', ...options].join(' ')
}

/** `true` stands for an option whose value was passed on as if it were a folder. */
function valueOf(
  text: string | undefined,
  positionals: readonly string[],
  isPossible: (value: string) => boolean,
): string | undefined {
  return text === 'true' ? (positionals.find(isPossible) ?? '<name>') : text
}

function isOff(text: string | undefined): boolean {
  return text === '' || text === 'false'
}
