import { type AppDefinition, defineApp, gatewayName, type ServiceDefinition } from '@holon/app'
import { type Contract, DefinitionError, type Platform } from '@holon/contract'
import type { GatewayDefinition } from '@holon/gateway/definition'

import { type Fake, standIn } from './fakes/fake.ts'
import { createTestKeys, type TestKeys } from './http/test-keys.ts'
import type { Testable, TestAppOptions } from './test-app.ts'

/** Who plays in a test: the services themselves, and what stands for others. */
export interface Cast {
  /** The app with stand-ins in the places of what does not run. */
  readonly app: AppDefinition
  /** Names of the app's own services that run. */
  readonly own: readonly string[]
  /** Names of what stands for others. */
  readonly fakes: ReadonlySet<string>
  /** Everything that is to be placed: all of the above, what gives the gateway its keys, and the gateway. */
  readonly services: readonly string[]
  readonly keys: TestKeys | undefined
  definitionOf(service: string): ServiceDefinition | undefined
}

/**
 * @throws DefinitionError naming every mistake in what is to run and what is faked.
 * @throws what loading a module throws.
 */
export async function cast(
  testable: Testable,
  { only, fakes = [] }: Pick<TestAppOptions, 'only' | 'fakes'>,
  platform: Platform,
): Promise<Cast> {
  const app = 'services' in testable ? testable : appOf(testable)
  const faked = new Map(fakes.map((each) => [each.contract.name, each]))
  const own = only ?? Object.keys(app.services).filter((name) => !faked.has(name))
  assertFits(app, own, fakes)
  const definitions = new Map<string, ServiceDefinition>()
  await Promise.all(
    own.map(async (name) => {
      // What cannot be loaded is told, with all else, when the instance starts.
      const loaded = await app.services[name]?.().catch(() => undefined)
      if (loaded?.default?.contract !== undefined) definitions.set(name, loaded.default)
    }),
  )
  for (const contract of missing(app, definitions, faked)) faked.set(contract.name, standIn(contract))
  const keys = keysOf(
    app.gateway,
    (name) => definitions.has(name) || fakes.some((each) => each.contract.name === name),
    platform,
  )
  const others = new Map([...faked.values()].map(({ contract, definition }) => [contract.name, definition]))
  if (keys) others.set(keys.service.contract.name, keys.service)
  for (const [name, definition] of others) definitions.set(name, definition)
  const loaders = Object.fromEntries(
    [...others].map(([name, definition]) => [name, async () => ({ default: definition })]),
  )
  const { gateway } = app
  return {
    app: {
      ...app,
      services: { ...app.services, ...loaders },
      gateway: gateway && keys ? { ...gateway, auth: keys.auth } : gateway,
    },
    own,
    fakes: new Set(faked.keys()),
    services: [...own, ...others.keys(), ...(gateway ? [gatewayName] : [])],
    keys,
    definitionOf: (name) => definitions.get(name),
  }
}

function appOf(services: readonly ServiceDefinition[]): AppDefinition {
  const loaders = services.map(
    (definition) => [definition.contract.name, async () => ({ default: definition })] as const,
  )
  return defineApp({ name: 'test', services: Object.fromEntries(loaders) })
}

function assertFits(app: AppDefinition, own: readonly string[], fakes: readonly Fake[]): void {
  const problems: string[] = []
  const known = Object.keys(app.services)
  for (const name of own)
    if (!known.includes(name))
      problems.push(`only names '${name}', which the app does not have (it has ${known.join(', ')})`)
  const names = fakes.map(({ contract }) => contract.name)
  for (const name of new Set(names)) {
    if (own.includes(name)) problems.push(`'${name}' is in only and faked; leave it out of one of them`)
    if (names.indexOf(name) !== names.lastIndexOf(name)) problems.push(`'${name}' is faked twice; give one fake`)
  }
  if (problems.length > 0) throw new DefinitionError(`The test of '${app.name}'`, problems)
}

/** The contracts that are used here, or offered by the gateway, and that nothing answers. */
function missing(
  app: AppDefinition,
  definitions: ReadonlyMap<string, ServiceDefinition>,
  faked: ReadonlyMap<string, Fake>,
): readonly Contract[] {
  const used = [
    ...[...definitions.values()].flatMap(({ uses }) => Object.values(uses)),
    ...(app.gateway?.expose ?? []).map(({ contract }) => contract),
  ]
  const byName = new Map(used.map((contract) => [contract.name, contract]))
  return [...byName.values()].filter(({ name }) => !definitions.has(name) && !faked.has(name))
}

function keysOf(
  gateway: GatewayDefinition | undefined,
  answers: (service: string) => boolean,
  platform: Platform,
): TestKeys | undefined {
  if (gateway?.auth === undefined) return undefined
  const { jwks } = gateway.auth
  const source = typeof jwks === 'string' || !answers(jwks.service) ? undefined : jwks
  return createTestKeys(gateway.auth, source, platform)
}
