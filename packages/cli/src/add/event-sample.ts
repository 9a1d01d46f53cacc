import { pathToFileURL } from 'node:url'

import { type Contract, type ContractEvent, messageOf } from '@holon/contract'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import { literalOf } from './code/literals.ts'
import { sampleOf } from './sample-data.ts'
import type { ServiceFiles } from './service-files.ts'

/** Data for a test to publish. */
export interface EventSample {
  /** As code. */
  readonly text: string
  /** What the contract says against it; undefined: it takes it. */
  readonly problem: string | undefined
}

/**
 * Data of an event that its contract takes, as far as the schema tells. The contract is loaded: schemas are computed, and no
 * reading of the code would find out what they are.
 *
 * @throws CommandFailure if the contract cannot be loaded.
 */
export async function sampleEvent(publisher: ServiceFiles, name: string, shown: string): Promise<EventSample> {
  const { data } = (await loadEvent(publisher, name, shown)).compiled
  const sample = sampleOf(data.inputJson)
  const { issues = [] } = await data.parse(sample)
  const problem = issues.length === 0 ? undefined : issues.map(({ message }) => message).join('; ')
  return { text: literalOf(sample), problem }
}

async function loadEvent(
  { contractPath, contractName }: ServiceFiles,
  name: string,
  shown: string,
): Promise<ContractEvent> {
  const module = await load(contractPath, shown)
  const event = module[contractName]?.events[name]
  if (event !== undefined) return event
  throw new CommandFailure(exitCodes.failed, `${shown} has no event '${name}' when it is loaded. Nothing was changed.`)
}

async function load(path: string, shown: string): Promise<Readonly<Record<string, Contract | undefined>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, Contract | undefined>
  } catch (error) {
    throw new CommandFailure(exitCodes.failed, `${shown} cannot be loaded: ${messageOf(error)}. Nothing was changed.`)
  }
}
