import { styleText } from 'node:util'

import type { Host } from './host.ts'
import type { PackageManager } from './package-manager.ts'
import type { Template } from './templates.ts'

export interface Made {
  readonly name: string
  /** The folder, from where the user is; empty: it is the same. */
  readonly where: string
  readonly template: Template
  readonly manager: PackageManager
  readonly installed: boolean
  readonly stdout: Host['stdout']
}

/** What to do with a project that has been made: the next commands, in order. */
export function nextSteps({ name, where, template, manager, installed, stdout }: Made): string {
  const commands = [
    ...(where === '' ? [] : [`cd ${/[^\w./-]/.test(where) ? `'${where}'` : where}`]),
    ...(installed ? [] : [[manager.name, ...manager.install].join(' ')]),
    manager.dev,
  ]
  // Colours where the stream takes them and NO_COLOR does not forbid them.
  const bold = (text: string): string => styleText('bold', text, { stream: stdout })
  return [
    '',
    `${bold(name)} is there, made from ${template.name}. Next:`,
    '',
    ...commands.map((command) => `  ${bold(command)}`),
    '',
    'And in another terminal:',
    '',
    `  ${bold(template.firstCall)}`,
    '',
    '',
  ].join('\n')
}
