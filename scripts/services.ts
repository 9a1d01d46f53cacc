// What the tests need and npm cannot install: `npm run services -- status`, `npm run services -- install chromium`.
import { lookups, requires, type RequirementName } from '../tests/support/requirements.ts'
import { canInstall, install } from './install.ts'

const names = Object.keys(lookups) as RequirementName[]
const usage = `usage: npm run services -- <command>

  status            what is here and what is missing
  install <name…>   installs it through apt (as root on Debian); names: ${names.join(', ')}`

function status(): number {
  for (const name of names) {
    const { path, remedy } = requires(name)
    console.log(
      `${name.padEnd(12)} ${path ?? `missing; ${remedy}, or set ${lookups[name].variable} to its executable`}`,
    )
  }
  return 0
}

function installAll(wanted: readonly string[]): number {
  const unknown = wanted.filter((name) => !names.includes(name as RequirementName))
  if (unknown.length > 0 || wanted.length === 0) {
    console.error(`${unknown.length > 0 ? `unknown: ${unknown.join(', ')}\n\n` : ''}${usage}`)
    return 2
  }
  const missing = (wanted as readonly RequirementName[]).filter((name) => requires(name).path === undefined)
  if (missing.length > 0 && !canInstall()) {
    console.error(
      `Only root with apt can install here. Install ${missing.join(', ')} by hand, or set the variable that`,
    )
    console.error(`names its executable: ${missing.map((name) => lookups[name].variable).join(', ')}.`)
    return 1
  }
  const failed = missing.filter((name) => !install(name))
  status()
  return failed.length === 0 ? 0 : 1
}

const [command, ...rest] = process.argv.slice(2)
if (command === 'status') process.exitCode = status()
else if (command === 'install') process.exitCode = installAll(rest)
else {
  console.error(usage)
  process.exitCode = 2
}
