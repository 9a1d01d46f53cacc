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
  /** Names of the services that the test plays. */
  readonly fakes: ReadonlySet<string>
  /** Names of those that nobody plays, and that may not be called. */
  readonly standIns: ReadonlySet<string>
  /** Everything that is to be placed: all of the above, what gives the gateway its keys, and the gateway. */
  readonly services: readonly string[]
  readonly keys: TestKeys | undefined
  /** The app for a copy of these services: they are themselves in it, unless the test plays them. */
  readonly withReal: (services: readonly string[]) => AppDefinition
  readonly definitionOf: (service: string) => ServiceDefinition | undefined
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
  const played = new Map(fakes.map((each) => [each.contract.name, each]))
  const own = only ?? Object.keys(app.services).filter((name) => !played.has(name))
  assertFits(app, own, fakes)
  const real = await definitionsOf(app, own)
  const standIns = missing(app, real, played).map((contract) => standIn(contract))
  const answers = (service: string): boolean => real.has(service) || played.has(service)
  const keys = keysOf(app.gateway, answers, platform)
  const others = new Map([...fakes, ...standIns].map(({ contract, definition }) => [contract.name, definition]))
  if (keys) others.set(keys.service.contract.name, keys.service)
  const { gateway } = app
  const whole: AppDefinition = {
    ...app,
    services: { ...app.services, ...loadersOf(others) },
    gateway: gateway && keys ? { ...gateway, auth: keys.auth } : gateway,
  }
  const withReal = (services: readonly string[]): AppDefinition => {
    const themselves = Object.entries(app.services).filter(([name]) => services.includes(name) && !played.has(name))
    return { ...whole, services: { ...whole.services, ...Object.fromEntries(themselves) } }
  }
  return {
    app: whole,
    withReal,
    fakes: new Set(played.keys()),
    standIns: new Set(standIns.map(({ contract }) => contract.name)),
    services: [...own, ...others.keys(), ...(gateway ? [gatewayName] : [])],
    keys,
    definitionOf: (name) => others.get(name) ?? real.get(name),
  }
}

type Definitions = ReadonlyMap<string, ServiceDefinition>

/** What cannot be loaded is left out: it is told, with all else, when the instance starts. */
async function definitionsOf(app: AppDefinition, names: readonly string[]): Promise<Definitions> {
  const loaded = await Promise.all(
    names.map(async (name) => {
      const definition = (await app.services[name]?.().catch(() => undefined))?.default
      return definition?.contract === undefined ? [] : [[name, definition] as const]
    }),
  )
  return new Map(loaded.flat())
}

function loadersOf(definitions: Definitions): AppDefinition['services'] {
  return Object.fromEntries([...definitions].map(([name, definition]) => [name, async () => ({ default: definition })]))
}

function appOf(services: readonly ServiceDefinition[]): AppDefinition {
  const definitions = new Map(services.map((definition) => [definition.contract.name, definition]))
  return defineApp({ name: 'test', services: loadersOf(definitions) })
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
function missing(app: AppDefinition, definitions: Definitions, faked: ReadonlyMap<string, Fake>): readonly Contract[] {
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
