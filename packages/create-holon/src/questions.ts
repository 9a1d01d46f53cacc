import type { Host } from './host.ts'
import type { PackageManagerName } from './package-manager.ts'
import type { ProgramOptions } from './program-options.ts'
import { projectNameProblem } from './project-name.ts'
import { checkTarget } from './target-folder.ts'
import { templates } from './templates.ts'

export interface Answers {
  readonly folder: string
  readonly template: string
  readonly install: boolean
}

export const defaults: { readonly folder: 'holon-app'; readonly template: 'minimal' } = {
  folder: 'holon-app',
  template: 'minimal',
}

/** Whether somebody is there to be asked. */
export function canAsk({ stdin, stdout, environment }: Host): boolean {
  const { CI: ci = '' } = environment
  return stdin.isTTY === true && stdout.isTTY === true && (ci === '' || ci === 'false')
}

/**
 * Asks for what the options do not say. Resolves to undefined when it was cancelled.
 *
 * @throws CreateFailure for a folder where the project cannot be, before anything else is asked.
 */
export async function ask(
  host: Host,
  options: ProgramOptions,
  packageManager: PackageManagerName,
): Promise<Answers | undefined> {
  // Loaded when somebody is asked.
  const { cancel, confirm, intro, isCancel, select, text } = await import('@clack/prompts')
  const streams = { input: host.stdin, output: host.stdout }
  const cancelled = (): undefined => {
    cancel('Nothing was made.', streams)
  }

  intro('A project with Holon', streams)
  const folder =
    options.folder ??
    (await text({
      ...streams,
      message: 'What is it called?',
      placeholder: defaults.folder,
      defaultValue: defaults.folder,
      validate: (name = '') => (name === '' ? undefined : projectNameProblem(name)),
    }))
  if (isCancel(folder)) return cancelled()
  await checkTarget(host.folder, folder)
  const template =
    options.template ??
    (await select({
      ...streams,
      message: 'What shall it begin with?',
      options: templates.map(({ name, hint }) => ({ value: name, label: name, hint })),
    }))
  if (isCancel(template)) return cancelled()
  const install =
    options.install && (await confirm({ ...streams, message: `Install the packages with ${packageManager}?` }))
  if (isCancel(install)) return cancelled()
  return { folder, template, install }
}
