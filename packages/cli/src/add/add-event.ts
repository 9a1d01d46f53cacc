import { CommandFailure, exitCodes } from '../exit-code.ts'
import { notWritten } from './app-config.ts'
import { addImport } from './code/imports.ts'
import { appendMember } from './code/list.ts'
import { asObject, membersOf, propertiesOf } from './code/literals.ts'
import { lineOf, type Source } from './code/source.ts'
import { checkEvent } from './names.ts'
import type { Project } from './project.ts'
import { contractOptions, findService, type ServiceFiles } from './service-files.ts'

export interface WantedEvent {
  readonly service: string
  readonly name: string
  /** The field of its data by which events are ordered. */
  readonly key: string
}

/** An event that a service may publish, in its contract. */
export function addEvent(
  project: Project,
  config: string,
  { service: serviceName, name, key }: WantedEvent,
): ServiceFiles {
  const service = findService(project, config, serviceName)
  checkEvent({ service: serviceName, name, key })
  project.edit(service.contractPath, (source) => {
    const withEvent = addImport(source, { name: 'event', from: 'holon' }).source
    const imported = addImport(withEvent, { name: 'z', from: 'zod' }).source
    return withNewEvent(imported, { service: serviceName, name, key })
  })
  return service
}

function withNewEvent(source: Source, { service, name, key }: WantedEvent): Source {
  const options = contractOptions(source)
  const text = `${name}: event({ key: '${key}', data: z.object({ ${key}: z.string() }) })`
  const property = propertiesOf(options).get('events')
  if (property === undefined) return appendMember(source, membersOf(options), `events: {\n  ${text},\n}`)
  const events = asObject(property.value)
  if (events === undefined) throw notWritten(source, '`events: { … }` written out')
  const known = propertiesOf(events).get(name)
  if (known === undefined) return appendMember(source, membersOf(events), text)
  const at = `${source.path}:${lineOf(source, known.start)}`
  throw new CommandFailure(
    exitCodes.usage,
    `'${service}' has the event '${name}' already (${at}). Choose another name. Nothing was changed.`,
  )
}

/** The names of the events that a contract declares. */
export function eventsIn(source: Source): readonly string[] {
  const events = asObject(propertiesOf(contractOptions(source)).get('events')?.value)
  return events === undefined ? [] : [...propertiesOf(events).keys()]
}
