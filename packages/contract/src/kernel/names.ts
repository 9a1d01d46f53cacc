/**
 * Longest name of a service, app, group or process, and of an operation, event or failure. Names of brokers are made from
 * up to six of them; with 40 characters each fits everywhere (see `docs/reference/names.md`).
 */
export const longestName: number = 40

/** Longest name of a subscription: as long as the default, `service.event`. */
export const longestSubscriptionName: number = 2 * longestName + 1

/** What the name of a NATS stream, `<app>-tries_<service>_<subscription>`, leaves of 255 characters. */
const longestOnNats = 255 - 2 * longestName - '-tries__'.length

const serviceForm = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/
const memberForm = /^[a-z][A-Za-z0-9]*$/
/** No part is empty: NATS has no such subject. */
const subscriptionForm = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/

/** Names of databases and roles that PostgreSQL keeps to itself. */
const postgresNames: readonly string[] = ['postgres', 'template0', 'template1', 'public', 'none']

/** What a name must be that becomes the name of a process, database, role, host, folder or prefix on a broker; or undefined. */
export function serviceNameProblem(name: string): string | undefined {
  if (!serviceForm.test(name))
    return `the name '${shown(name)}' must be lower case letters, digits and hyphens, beginning with a letter and not ending with a hyphen`
  if (name.length > longestName) return tooLong(`the name '${shown(name)}'`, name, longestName)
  if (isInherited(name)) return `the name '${name}' has a meaning in JavaScript; choose another`
  if (postgresNames.includes(name)) return `the name '${name}' is kept by PostgreSQL for itself; choose another`
  return undefined
}

/** What is wrong with the name of an operation, event or failure; or undefined. */
export function memberNameProblem(name: string): string | undefined {
  if (!memberForm.test(name))
    return `'${shown(name)}': a name is camelCase letters and digits, beginning with a lower-case letter`
  if (name.length > longestName) return tooLong(`'${shown(name)}'`, name, longestName)
  return isInherited(name) ? `'${name}': this name has a meaning in JavaScript; choose another` : undefined
}

/** What is wrong with the name of a subscription in its service; or undefined. */
export function subscriptionNameProblem(name: string): string | undefined {
  if (!subscriptionForm.test(name))
    return `'${shown(name)}': a name is letters, digits, '_' and '-', in parts with a '.' between them`
  if (name.length > longestSubscriptionName) return tooLong(`'${shown(name)}'`, name, longestSubscriptionName)
  const underscores = name.split('_').length - 1
  if (name.length + 3 * underscores > longestOnNats)
    return `'${shown(name)}' has ${underscores} underscores, each of which takes four characters on NATS; use '-' instead`
  return undefined
}

/** Names that a client object, a promise machinery or every plain object gives another meaning. */
export function isInherited(name: string): boolean {
  return name in Object.prototype || ['then', 'catch', 'finally', 'toJSON', 'prototype'].includes(name)
}

function tooLong(what: string, { length }: string, longest: number): string {
  return `${what} has ${length} characters; use at most ${longest}, because names of databases and brokers are made from it`
}

/** A name as a message shows it: one that is no name may be anything. */
function shown(name: string): string {
  const plain = name.replaceAll(/\p{Cc}/gu, '?')
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
}
