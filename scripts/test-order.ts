import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Keep a processor busy for long: browsers, password hashes, compilers, generated cases. */
const working = [
  'tests/e2e/',
  'tests/chaos/shop-killed',
  'tests/chaos/supervisor-killed',
  'tests/packages/',
  'tests/integration/holon-add',
  'tests/integration/create-holon',
  'tests/conformance/placement.property',
  'tests/conformance/codec.property',
  'tests/conformance/structural.property',
  'tests/conformance/wire-fuzz.property',
]

/** Spend most of their time waiting for brokers, restarts and time limits. */
const waiting = [
  'tests/chaos/events-',
  'tests/conformance/foreign-clients',
  'tests/conformance/rabbitmq-bus',
  'tests/conformance/kafka-bus',
  'tests/conformance/nats-bus',
  'tests/integration/events-',
  'tests/integration/bus-on-a-bad-disk',
  'tests/integration/start-refusals',
  'tests/support/servers/',
  'tests/chaos/database-killed',
]

/**
 * The long ones first, those that work beside those that wait, so that two workers share the processors best; short ones
 * last, so that no worker is left alone with a long one.
 */
export class TestOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rest = await super.sort(files) // oxlint-disable-line unicorn/no-array-sort -- a sequencer's, not an array's
    const take = (parts: readonly string[]): TestSpecification[] =>
      parts.flatMap((part) => rest.filter(({ moduleId }) => moduleId.includes(`/${part}`)))
    const [busy, idle] = [take(working), take(waiting)]
    const long = Array.from({ length: Math.max(busy.length, idle.length) }, (_, index) => [busy[index], idle[index]])
      .flat()
      .filter((file) => file !== undefined)
    return [...long, ...rest.filter((file) => !long.includes(file))]
  }
}
