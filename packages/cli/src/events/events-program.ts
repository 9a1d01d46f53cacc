import { type Command, InvalidArgumentError, Option } from 'commander'

import type { Host } from '../host.ts'
import { config, data, explained, type Finish, json, parseJson } from '../program-options.ts'

/** `holon events …`: looks after the events of an app. */
export function addEvents(program: Command, host: Host, finish: Finish): void {
  const events = program
    .command('events')
    .summary('looks after the events of an app')
    .description(
      'Looks after the events of an app, also while it is down: how far subscriptions are, what was given up, what passes.',
    )
    .addHelpText(
      'after',
      `
Examples:
  holon events lag                                     how far behind outboxes and subscriptions are
  holon events tail orders.placed                      shows events as they pass
  holon events dead list                               events that were given up, with their errors
  holon events dead replay --all --subscription shipping.orders.placed
  holon events rewind catalog.inventory.changed --to start
  holon events publish orders.placed '{"orderId":"o1","totalCents":100}'`,
    )
  for (const add of [addLag, addTail, addDead, addPause, addResume, addDiscard, addRewind, addPublish])
    add(events, host, finish)
}

const shared = (command: Command, output: string): Command =>
  command.addOption(config()).addOption(data()).addOption(json(output))

function addLag(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('lag'), 'as JSON'), {
    summary: 'shows how far behind outboxes and subscriptions are',
    description:
      'Shows how many events each outbox and subscription has yet to get through, and how many were given up.',
    examples: ['events lag', 'events lag --json'],
  }).action(async (options: object) => {
    const { lagCommand } = await import('./lag-command.ts')
    finish(await lagCommand(host, options))
  })
}

function addTail(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('tail'), 'whole events as JSON, one a line'), {
    summary: 'shows events as they pass',
    description: 'Shows events as they pass, until Ctrl-C or --count ends it. No subscription notices.',
    examples: [
      'events tail',
      'events tail orders.placed --json',
      'events tail orders.placed --all --count 1        the oldest that is kept',
    ],
  })
    .argument('[events...]', 'orders.placed … (default: all of the app)')
    .addOption(new Option('--count <number>', 'ends after this many').argParser(parseWhole))
    .option('--all', 'begins with the oldest that the bus keeps')
    .action(async (ids: readonly string[], options: object) => {
      const { tailCommand } = await import('./tail-command.ts')
      finish(await tailCommand(host, ids, options))
    })
}

function addDead(events: Command, host: Host, finish: Finish): void {
  const dead = explained(events.command('dead'), {
    summary: 'dead letters: events that were given up',
    description: 'Looks after dead letters: events that were given up.',
    examples: ['events dead list', 'events dead replay --all --subscription mail.orders.placed'],
  })
  explained(filtered(shared(dead.command('list'), 'as JSON')), {
    summary: 'lists dead letters, the newest first',
    description: 'Lists events that were given up, the newest first.',
    examples: ['events dead list', 'events dead list --subscription mail.orders.placed --limit 10'],
  })
    .option('--replayed', 'those that were replayed, too')
    .action(async (options: object) => {
      const { deadListCommand } = await import('./dead-commands.ts')
      finish(await deadListCommand(host, options))
    })
  explained(shared(dead.command('show'), 'as JSON'), {
    summary: 'shows a dead letter: the event, the error and its causes',
    description: 'Shows one event that was given up, with the error and its causes.',
    examples: ['events dead show 01a1fbee-…'],
  })
    .argument('<id>')
    .action(async (id: string, options: object) => {
      const { deadShowCommand } = await import('./dead-commands.ts')
      finish(await deadShowCommand(host, id, options))
    })
  explained(filtered(shared(dead.command('replay'), 'errors as JSON')), {
    summary: 'handles given-up events again, the oldest first',
    description:
      'Handles given-up events again, the oldest first: those that are named, or all that the filter lets through.',
    examples: ['events dead replay 01a1fbee-…', 'events dead replay --all --subscription mail.orders.placed'],
  })
    .argument('[ids...]')
    .option('--all', 'all that the filter lets through')
    .action(async (ids: readonly string[], options: object) => {
      const { deadReplayCommand } = await import('./dead-commands.ts')
      finish(await deadReplayCommand(host, ids, options))
    })
  explained(filtered(shared(dead.command('discard'), 'errors as JSON')), {
    summary: 'removes dead letters for good',
    description: 'Removes given-up events for good: those that are named, or all that the filter lets through.',
    examples: ['events dead discard 01a1fbee-…', 'events dead discard --all --event orders.placed'],
  })
    .argument('[ids...]')
    .option('--all', 'all that the filter lets through')
    .action(async (ids: readonly string[], options: object) => {
      const { deadDiscardCommand } = await import('./dead-commands.ts')
      finish(await deadDiscardCommand(host, ids, options))
    })
}

function filtered(command: Command): Command {
  return command
    .option('--subscription <name>', 'only of this subscription')
    .option('--event <name>', 'only of this event')
    .option('--key <key>', 'only of this key')
    .addOption(
      new Option('--reason <reason>', 'only given up for this reason').choices([
        'failed',
        'mismatch',
        'crashed',
        'unpublishable',
      ]),
    )
    .addOption(new Option('--limit <number>', 'at most so many').argParser(parseWhole))
}

function addPause(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('pause'), 'errors as JSON'), {
    summary: 'delivers nothing to a subscription until it is resumed',
    description: 'Delivers nothing to a subscription until it is resumed. Its events wait.',
    examples: ['events pause mail.orders.placed'],
  })
    .argument('<subscription>', 'service.event, as lag shows it')
    .action(async (subscription: string, options: object) => {
      const { pauseCommand } = await import('./control-commands.ts')
      finish(await pauseCommand(host, subscription, options))
    })
}

function addResume(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('resume'), 'errors as JSON'), {
    summary: 'delivers again to a paused subscription',
    description: 'Delivers again to a paused subscription, from where it stopped.',
    examples: ['events resume mail.orders.placed'],
  })
    .argument('<subscription>', 'service.event, as lag shows it')
    .action(async (subscription: string, options: object) => {
      const { resumeCommand } = await import('./control-commands.ts')
      finish(await resumeCommand(host, subscription, options))
    })
}

function addDiscard(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('discard'), 'errors as JSON'), {
    summary: 'lets a subscription pass over an event that waits',
    description: 'Lets a subscription pass over an event that waits, as if it had been handled.',
    examples: ['events discard mail.orders.placed 01a1fbee-…'],
  })
    .argument('<subscription>', 'service.event, as lag shows it')
    .argument('<id>', 'the id of the event, as the log and tail --json show it')
    .action(async (subscription: string, messageId: string, options: object) => {
      const { discardCommand } = await import('./control-commands.ts')
      finish(await discardCommand(host, { subscription, messageId, ...options }))
    })
}

function addRewind(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('rewind'), 'errors as JSON'), {
    summary: 'lets a subscription handle past events once more',
    description: 'Lets a subscription handle past events once more, as far back as the bus keeps them.',
    examples: [
      'events rewind mail.orders.placed --to start',
      'events rewind mail.orders.placed --to 2026-11-21T08:00:00Z',
    ],
  })
    .argument('<subscription>', 'service.event, as lag shows it')
    .requiredOption('--to <time>', 'start, or a time: 2026-11-21T08:00:00Z')
    .action(async (subscription: string, options: { readonly to: string }) => {
      const { rewindCommand } = await import('./control-commands.ts')
      finish(await rewindCommand(host, subscription, options))
    })
}

function addPublish(events: Command, host: Host, finish: Finish): void {
  explained(shared(events.command('publish'), 'errors as JSON'), {
    summary: 'publishes an event by hand',
    description: 'Publishes an event in the name of the service whose contract declares it.',
    examples: [
      `events publish orders.placed '{"id":"o1"}'`,
      `events publish orders.placed '{"id":"o1"}' --key customer-1`,
    ],
  })
    .argument('<event>', 'service.event')
    .argument('<data>', 'its data as JSON', parseJson)
    .option('--key <key>', "instead of the event's own key")
    .action(async (event: string, value: unknown, options: object) => {
      const { publishCommand } = await import('./control-commands.ts')
      finish(await publishCommand(host, { event, value, ...options }))
    })
}

function parseWhole(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1.')
  return Number(text)
}
