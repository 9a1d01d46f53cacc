import type { ArrayExpression } from 'oxc-parser'

import { nearest } from '../commands/nearest.ts'
import { CommandFailure, exitCodes } from '../exit-code.ts'
import { eventsIn } from './add-event.ts'
import { addTest } from './add-test.ts'
import { notWritten } from './app-config.ts'
import { addImport, importPath } from './code/imports.ts'
import { appendMember } from './code/list.ts'
import { asArray, elementsOf, membersOf, propertiesOf } from './code/literals.ts'
import { lineOf, type Source } from './code/source.ts'
import { type EventSample, sampleEvent } from './event-sample.ts'
import type { Project } from './project.ts'
import { findService, serviceOptions } from './service-files.ts'
import { subscriptionTest } from './texts/test-texts.ts'

export interface WantedSubscription {
  readonly service: string
  /** `orders.placed`. */
  readonly event: string
}

/** A subscription of a service to an event of another one, with a first handler. Resolves to what the test publishes. `holon`: what the command is called by. */
export async function addSubscription(
  project: Project,
  config: string,
  wanted: WantedSubscription,
  holon: string,
): Promise<EventSample> {
  const subscriber = findService(project, config, wanted.service)
  const [publisherName = '', eventName = '', ...rest] = wanted.event.split('.')
  if (eventName === '' || rest.length > 0)
    throw new CommandFailure(
      exitCodes.usage,
      `'${wanted.event}' is no event: write service.event, as in orders.placed.`,
    )
  const publisher = findService(project, config, publisherName)
  const events = eventsIn(project.read(publisher.contractPath))
  if (!events.includes(eventName)) throw unknownEvent(publisherName, eventName, { events, holon })
  const sample = await sampleEvent(publisher, eventName, project.shown(publisher.contractPath))
  project.edit(subscriber.servicePath, (source) => {
    const from = importPath(subscriber.servicePath, publisher.contractPath)
    const contract = addImport(source, { name: publisher.contractName, from })
    return withSubscription(contract.source, { event: `${contract.local}.events.${eventName}`, id: wanted.event })
  })
  const event = `${publisher.contractName}.events.${eventName}`
  const text = subscriptionTest(wanted.service, { event, id: wanted.event, data: sample.text })
  const uses = [{ name: publisher.contractName, path: publisher.contractPath }]
  addTest(project, config, { service: subscriber, about: 'subscriptions', text, uses })
  return sample
}

interface Known {
  readonly events: readonly string[]
  readonly holon: string
}

function unknownEvent(service: string, event: string, { events, holon }: Known): CommandFailure {
  const known = events.length === 0 ? ` It has none: ${holon} add event ${service} ${event}` : nearest(event, events)
  return new CommandFailure(exitCodes.usage, `'${service}' has no event '${event}'.${known}`)
}

interface Subscribed {
  /** As the code names it. */
  readonly event: string
  readonly id: string
}

function withSubscription(source: Source, { event, id }: Subscribed): Source {
  const options = serviceOptions(source)
  const text = `on(${event}, (_data, { event, log }) => {\n  log.info('${id}', { id: event.id, key: event.key })\n})`
  const property = propertiesOf(options).get('subscriptions')
  if (property === undefined)
    return appendMember(source, membersOf(options), `subscriptions: (on) => [\n  ${text.replaceAll('\n', '\n  ')},\n]`)
  const { value } = property
  const list =
    value.type === 'ArrowFunctionExpression' && value.body.type !== 'BlockStatement' ? asArray(value.body) : undefined
  if (list === undefined) throw notWritten(source, '`subscriptions: (on) => [ … ]` written out')
  refuseSecond(source, list, { event, id })
  return appendMember(source, elementsOf(list), text)
}

function refuseSecond(source: Source, list: ArrayExpression, { event, id }: Subscribed): void {
  for (const element of list.elements) {
    if (element?.type !== 'CallExpression') continue
    const [of, , options] = element.arguments
    if (of === undefined || source.text.slice(of.start, of.end) !== event) continue
    if (options !== undefined && source.text.slice(options.start, options.end).includes('name')) continue
    throw new CommandFailure(
      exitCodes.usage,
      `It subscribes to ${id} already (${source.path}:${lineOf(source, element.start)}). A second subscription to the same event ` +
        "needs a name of its own: on(…, handler, { name: '…' }). Nothing was changed.",
    )
  }
}
