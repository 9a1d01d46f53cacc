import { dirname } from 'node:path'

import { findConfig } from '@holon/host'

import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { ownName } from '../output/own-name.ts'
import { wantsColors } from '../output/wants-colors.ts'
import { addBff, type WantedBff } from './add-bff.ts'
import { addEvent, type WantedEvent } from './add-event.ts'
import { addOperation, type OperationOptions } from './add-operation.ts'
import { addService } from './add-service.ts'
import { addStore, type WantedStore } from './add-store.ts'
import { addSubscription, type WantedSubscription } from './add-subscription.ts'
import { installFirst } from './install-first.ts'
import { Project } from './project.ts'
import { toDiff, toSummary } from './show-changes.ts'

export interface AddOptions {
  readonly config?: string
  readonly dryRun?: boolean
}

/** What `holon add` can make. */
export type Addition =
  | { readonly what: 'service'; readonly name: string }
  | ({ readonly what: 'operation'; readonly service: string; readonly name: string } & OperationOptions)
  | ({ readonly what: 'event' } & WantedEvent)
  | ({ readonly what: 'subscription' } & WantedSubscription)
  | ({ readonly what: 'store' } & WantedStore)
  | ({ readonly what: 'bff' } & WantedBff)

/** Makes files and changes others, or shows what it would do. All or nothing: a mistake is found before anything is written. */
export async function addCommand(
  host: Host,
  addition: Addition,
  { config: named, dryRun }: AddOptions,
): Promise<ExitCode> {
  const config = findConfig(host.folder, named)
  const project = new Project(dirname(config))
  host.keepStdoutClean()
  const next = await apply(project, config, addition, ownName(host.environment))
  const changes = project.changes()
  const first = addition.what === 'store' ? installFirst(project.folder, addition.kind) : ''
  if (dryRun === true) {
    // Standard output is the diff.
    host.stderr.write(first)
    host.stdout.write(toDiff(changes, wantsColors(host.stdout, host.environment)))
    return exitCodes.ok
  }
  await project.write()
  host.stdout.write(`${first === '' ? '' : `${first}\n`}${toSummary(changes)}\n${next}\n`)
  return exitCodes.ok
}

/** Resolves to what to do next. `holon`: what the command is called by. */
async function apply(project: Project, config: string, addition: Addition, holon: string): Promise<string> {
  switch (addition.what) {
    case 'service':
      addService(project, config, addition.name)
      return `Next: ${holon} add operation ${addition.name} <name> --http 'GET /${addition.name}'`
    case 'operation':
      addOperation(project, config, addition)
      return 'Next: say in the contract what goes in and out, and in the service what it does.'
    case 'event': {
      const { contractName } = addEvent(project, config, addition)
      return (
        'Next: say in the contract what its data is, and publish it in the transaction that makes it true:\n' +
        `  await tx.publish(${contractName}.events.${addition.name}, { … })      (without a store: ctx.publish)`
      )
    }
    case 'subscription': {
      const { problem } = await addSubscription(project, config, addition, holon)
      const next = 'Next: write the handler in the service. With a store it gets `tx`, and runs once for each event.'
      if (problem === undefined) return next
      return `${next}\nIn the test, correct what it publishes: the contract says of it: ${problem}`
    }
    case 'store':
      addStore(project, config, addition)
      return 'Next: say in the migration, before it has run, which tables there are, and the same in the types.'
    case 'bff':
      addBff(project, config, addition)
      return 'Next: say in the contract what the page shows, and gather it in the service.'
    default:
      return addition satisfies never
  }
}
