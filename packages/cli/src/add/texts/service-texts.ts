/** What a new service consists of, as text. */
import type { TestText } from './test-texts.ts'

export interface OperationText {
  readonly service: string
  /** What the contract is called in code. */
  readonly contract: string
  readonly name: string
  readonly kind: 'query' | 'command' | 'stream'
  readonly route: string | undefined
  /** Fields that the route names. */
  readonly fields: readonly string[]
  readonly auth: string | undefined
}

export function contractText(service: string, contract: string): string {
  return `import { defineContract } from 'holon'

export const ${contract} = defineContract('${service}', {
  operations: {},
})
`
}

export function serviceText(contract: string): string {
  return `import { defineService } from 'holon'

import { ${contract} } from './contract.ts'

export default defineService(${contract}, {
  operations: {},
})
`
}

/** The operation as a property of the contract's operations. */
export function operationText({ name, kind, route, fields, auth }: OperationText): string {
  const input = fields.map((field) => `${field}: z.string()`).join(', ')
  const lines = [
    ...(route === undefined ? [] : [`http: '${route}'`]),
    ...(auth === undefined ? [] : [`auth: '${auth}'`]),
    ...(fields.length === 0 ? [] : [`input: z.object({ ${input} })`]),
    `${kind === 'stream' ? 'serverStream' : 'output'}: z.object({ message: z.string() })`,
  ]
  return `${name}: ${kind}({\n${lines.map((line) => `  ${line},\n`).join('')}})`
}

/** A first handler, to be replaced: it says which operation it is. */
export function handlerText(operation: OperationText): string {
  const { service, name, kind, fields } = operation
  const [field] = fields
  const message = field === undefined ? `'${service}.${name}'` : `\`${service}.${name} of \${${field}}\``
  const input = field === undefined ? '' : `{ ${field} }`
  if (kind === 'stream') return `async *${name}(${input}) {\n  yield { message: ${message} }\n}`
  return `${name}: (${input}) => ({ message: ${message} })`
}

/** What the first handler answers, tested. */
export function operationTest({ service, contract, name, kind, fields }: OperationText): TestText {
  const input = fields.map((field) => `${field}: '${field}-1'`).join(', ')
  const call = `app.client(${contract}).${name}(${input === '' ? '' : `{ ${input} }`})`
  const answer = `{ message: '${service}.${name}${fields[0] === undefined ? '' : ` of ${fields[0]}-1`}' }`
  const assertion =
    kind === 'stream'
      ? `assert.deepEqual(await Array.fromAsync(${call}), [${answer}])`
      : `assert.deepEqual(await ${call}, ${answer})`
  return { title: `${service}.${name} answers`, only: service, lines: [assertion] }
}
