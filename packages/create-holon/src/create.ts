import { relative } from 'node:path'

import manifest from '../package.json' with { type: 'json' }
import { CreateFailure, type ExitCode, exitCodes, type Host } from './host.ts'
import { nextSteps } from './next-steps.ts'
import { detectPackageManager, packageManager, type PackageManager } from './package-manager.ts'
import { help, parseOptions, type ProgramOptions } from './program-options.ts'
import { type Answers, ask, canAsk, defaults } from './questions.ts'
import { checkTarget, writeFiles } from './target-folder.ts'
import { fillTemplate, templates } from './templates.ts'

/** Begins a project as `host.arguments` say and, where somebody is there, as they answer. Resolves with the exit code. */
export async function createProject(host: Host): Promise<ExitCode> {
  try {
    const options = parseOptions(host)
    if (options.help || options.version) {
      host.stdout.write(options.help ? help : `${manifest.version}\n`)
      return exitCodes.ok
    }
    const manager = packageManager(options.packageManager ?? detectPackageManager(host.environment))
    const answers = await answersFor(host, options, manager)
    return answers === undefined ? exitCodes.cancelled : await make(host, answers, { options, manager })
  } catch (error) {
    if (!(error instanceof CreateFailure)) throw error
    host.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
}

async function answersFor(host: Host, options: ProgramOptions, manager: PackageManager): Promise<Answers | undefined> {
  if (!options.yes && canAsk(host)) return ask(host, options, manager.name)
  const { folder = defaults.folder, template = defaults.template, install } = options
  return { folder, template, install }
}

interface Choices {
  readonly options: ProgramOptions
  readonly manager: PackageManager
}

async function make(host: Host, answers: Answers, { options, manager }: Choices): Promise<ExitCode> {
  const { folder, name } = await checkTarget(host.folder, answers.folder)
  const template = templates.find((each) => each.name === answers.template)
  if (template === undefined) throw new CreateFailure(exitCodes.usage, `There is no template '${answers.template}'.`)
  const files = await host.templates.read(template.name)
  await writeFiles(folder, fillTemplate(files, { template, name, version: manifest.version, packageManager: manager }))
  if (options.git) await makeRepository(host, folder)
  const installed = answers.install && (await install(host, folder, manager))
  const where = relative(host.folder, folder)
  host.stdout.write(nextSteps({ name, where, template, manager, installed, stdout: host.stdout }))
  return installed || !answers.install ? exitCodes.ok : exitCodes.failed
}

/** Not inside another repository; and where there is no git, there is none. */
async function makeRepository(host: Host, folder: string): Promise<void> {
  const git = (...args: readonly string[]): Promise<boolean> =>
    host.run('git', args, folder).then(
      (code) => code === 0,
      () => false,
    )
  if (!(await git('rev-parse', '--is-inside-work-tree'))) await git('init', '--quiet', '--initial-branch=main')
}

async function install(host: Host, folder: string, { name, install: args }: PackageManager): Promise<boolean> {
  const why = await host.run(name, args, folder).then(
    (code) => (code === 0 ? undefined : `it ended with ${code}`),
    () => 'it is not there',
  )
  if (why === undefined) return true
  host.stderr.write(`${[name, ...args].join(' ')} failed: ${why}. The files are there; run it again in ${folder}.\n`)
  return false
}
