import { loadOptional } from '@holon/contract/optional-package'
import { type Command, InvalidArgumentError, Option } from 'commander'

import type { Host } from '../host.ts'
import { config, explained, type Finish, parseNames } from '../program-options.ts'
import type { Addition, AddOptions } from './add-command.ts'

/** `holon add …`: makes parts of an app. */
export function addAdd(program: Command, host: Host, finish: Finish): void {
  const add = program
    .command('add')
    .summary('makes services, operations, events, subscriptions, stores')
    .description(
      'Makes a part of an app: its files, a test, and its line in holon.config.ts. What is there is not overwritten; all else in a file that it changes stays as it is.',
    )
    .addHelpText(
      'after',
      `
Examples:
  holon add service orders
  holon add operation orders place --command --http 'POST /orders'
  holon add event orders placed
  holon add subscription mail orders.placed
  holon add store orders --postgres
  holon add bff web --uses orders,catalog
  holon add service orders --dry-run                   shows what would change, as a diff`,
    )
  const run = async (addition: Addition, options: AddOptions): Promise<void> => {
    const { addCommand } = await loadOptional(() => import('./add-command.ts'), {
      part: '`holon add`',
      packages: ['oxc-parser'],
      resolve: (module) => import.meta.resolve(module),
    })
    finish(await addCommand(host, addition, options))
  }
  for (const part of [addService, addOperation, addEvent, addSubscription, addStore, addBff]) part(add, run)
  for (const command of add.commands) {
    command.addOption(config()).option('--dry-run', 'changes nothing, and prints what would change as a diff')
  }
}

type Run = (addition: Addition, options: AddOptions) => Promise<void>

function addService(add: Command, run: Run): void {
  explained(add.command('service'), {
    summary: 'a service with an empty contract',
    description: 'Makes a service: an empty contract, its service, a test, and its line in holon.config.ts.',
    examples: ['add service orders'],
  })
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .action((name: string, options: AddOptions) => run({ what: 'service', name }, options))
}

interface OperationFlags extends AddOptions {
  readonly query?: boolean
  readonly command?: boolean
  readonly stream?: boolean
  readonly http?: string
  readonly auth?: string
}

function addOperation(add: Command, run: Run): void {
  explained(add.command('operation'), {
    summary: 'an operation of a service, with a first handler',
    description:
      'Makes an operation: in the contract, with a first handler and a test; with --http it is exposed at the gateway.',
    examples: ['add operation orders list', "add operation orders place --command --http 'POST /orders/{id}'"],
  })
    .argument('<service>')
    .argument('<name>', 'camelCase')
    .addOption(new Option('--query', 'changes nothing when it is called (default)').conflicts(['command', 'stream']))
    .addOption(new Option('--command', 'changes something').conflicts('stream'))
    .option('--stream', 'answers with many items')
    .option('--http <route>', "exposes it at the gateway: 'GET /orders/{id}'")
    .addOption(
      new Option(
        '--auth <who>',
        'who may call it from outside (default: that of its kind; none for a command or stream where the gateway verifies no tokens)',
      ).choices(['required', 'optional', 'none']),
    )
    .action((service: string, name: string, { command, stream, http, auth, ...options }: OperationFlags) => {
      const kind = stream === true ? 'stream' : command === true ? 'command' : 'query'
      return run({ what: 'operation', service, name, kind, http, auth }, options)
    })
}

function addEvent(add: Command, run: Run): void {
  explained(add.command('event'), {
    summary: 'an event that a service may publish',
    description: 'Makes an event in the contract of a service, which may then publish it.',
    examples: ['add event orders placed', 'add event orders placed --key orderId'],
  })
    .argument('<service>')
    .argument('<name>', 'camelCase, in the past: placed')
    .option('--key <field>', 'the field of its data by which events are ordered', 'id')
    .action((service: string, name: string, { key, ...options }: AddOptions & { readonly key: string }) =>
      run({ what: 'event', service, name, key }, options),
    )
}

function addSubscription(add: Command, run: Run): void {
  explained(add.command('subscription'), {
    summary: 'lets a service hear of an event',
    description: 'Makes a subscription: a first handler in the service, and a test that publishes the event.',
    examples: ['add subscription mail orders.placed'],
  })
    .argument('<service>', 'who subscribes')
    .argument('<event>', 'service.event')
    .action((service: string, event: string, options: AddOptions) =>
      run({ what: 'subscription', service, event }, options),
    )
}

interface StoreFlags extends AddOptions {
  readonly sqlite?: boolean
  readonly postgres?: boolean
}

function addStore(add: Command, run: Run): void {
  explained(add.command('store'), {
    summary: 'a store for a service, with a first migration',
    description: 'Makes a store for a service: the types of its tables, a first migration, and a test.',
    examples: ['add store orders', 'add store orders --postgres'],
  })
    .argument('<service>')
    .addOption(new Option('--sqlite', 'one file, needs nothing (default)').conflicts('postgres'))
    .option('--postgres', 'a database of its own')
    .action((service: string, { postgres, ...options }: StoreFlags) =>
      run({ what: 'store', service, kind: postgres === true ? 'postgres' : 'sqlite' }, options),
    )
}

function addBff(add: Command, run: Run): void {
  explained(add.command('bff'), {
    summary: 'a service that calls others, with one query for a page',
    description:
      'Makes a service that calls others and gathers what a page shows in one query, exposed at the gateway.',
    examples: ['add bff web --uses orders,catalog'],
  })
    .argument('<name>')
    .addOption(new Option('--uses <services>', 'whom it calls, by commas').argParser(parseUses).makeOptionMandatory())
    .action((name: string, { uses, ...options }: AddOptions & { readonly uses: readonly string[] }) =>
      run({ what: 'bff', name, uses }, options),
    )
}

function parseUses(text: string): readonly string[] {
  const names = parseNames(text)
  if (new Set(names).size < names.length) throw new InvalidArgumentError('Name each service once.')
  return names
}
