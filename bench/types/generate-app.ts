// Writes an app of many services, as large ones are: each a contract and a service in files of their own.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface AppSize {
  readonly services: number
  readonly operations: number
}

/** Every second contract is in Zod, the others are in JSON Schema; every service calls three others. */
export function generateApp(folder: string, { services, operations }: AppSize): void {
  const names = Array.from({ length: services }, (_, index) => `service${index}`)
  for (const [index, name] of names.entries()) {
    const uses = [1, 7, 31].map((step) => names[(index + step) % services] ?? name)
    write(join(folder, name, 'contract.ts'), contractOf(name, operations, index % 2 === 0))
    write(join(folder, name, 'service.ts'), serviceOf(name, operations, uses))
  }
  write(join(folder, 'app.config.ts'), configOf(names))
}

function write(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}

const list = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

function contractOf(name: string, operations: number, inZod: boolean): string {
  const schemas = inZod ? zodSchemas : jsonSchemas
  const operation = (index: number): string =>
    index % 2 === 0
      ? `    read${index}: query({ http: 'GET /${name}/read${index}/{id}', input: ${inZod ? `Id.extend({ page${index}: z.number().optional() })` : 'id'}, output: ${inZod ? `Item.extend({ extra${index}: z.string() })` : `{ ...item, properties: { ...item.properties, extra${index}: { type: 'string' } } } as const`} }),`
      : `    write${index}: command({ http: 'POST /${name}/write${index}', input: ${inZod ? `Item.extend({ reason${index}: z.string() })` : 'item'}, output: ${inZod ? 'Id' : 'id'}, errors: { taken${index}: failure('already_exists', ${inZod ? 'Id' : 'id'}) } }),`
  return `import { command, defineContract, event, failure, query } from 'holon'
${inZod ? "import { z } from 'zod'\n" : ''}
${schemas}
export const ${name} = defineContract('${name}', {
  operations: {
${list(operations, operation)}
  },
  events: { changed: event({ key: 'id', data: ${inZod ? 'Id' : 'id'} }) },
})
`
}

const zodSchemas = `const Id = z.object({ id: z.string() })
const Item = Id.extend({
  name: z.string(),
  price: z.int().min(0),
  state: z.enum(['draft', 'listed', 'gone']),
  tags: z.array(z.string()),
  size: z.object({ width: z.number(), height: z.number() }).optional(),
})
`

const jsonSchemas = `const id = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } as const
const item = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    price: { type: 'integer', minimum: 0 },
    state: { enum: ['draft', 'listed', 'gone'] },
    tags: { type: 'array', items: { type: 'string' } },
    size: { type: 'object', properties: { width: { type: 'number' }, height: { type: 'number' } }, required: ['width', 'height'] },
  },
  required: ['id', 'name', 'price', 'state', 'tags'],
} as const
`

function serviceOf(name: string, operations: number, uses: readonly string[]): string {
  const item = "name: 'a', price: 1, state: 'listed' as const, tags: [id]"
  const [first = '', second = '', third = ''] = uses
  const handler = (index: number): string =>
    index % 2 === 0
      ? `    read${index}: async ({ id }, ctx) => {
      const { name, tags } = await ctx.${first}.read0({ id })
      const other = await ctx.${second}.read2({ id: tags[0] ?? name })
      return { id, ${item}, extra${index}: other.state }
    },`
      : `    write${index}: async ({ id, price }, ctx) => {
      if (price === 0) throw fail(${name}.operations.write${index}, 'taken${index}', { id })
      await ctx.publish(${name}.events.changed, { id })
      const { size } = await ctx.${third}.read4({ id })
      return { id: String(size?.width ?? id) }
    },`
  return `import { defineService${operations > 1 ? ', fail' : ''} } from 'holon'

import { ${name} } from './contract.ts'
${[...new Set(uses)].map((use) => `import { ${use} } from '../${use}/contract.ts'`).join('\n')}

export default defineService(${name}, {
  uses: { ${[...new Set(uses)].join(', ')} },
  operations: {
${list(operations, handler)}
  },
  subscriptions: (on) => [on(${first}.events.changed, ({ id }, ctx) => ctx.log.info('changed', { id }))],
})
`
}

function configOf(names: readonly string[]): string {
  return `import { type AppDefinition, defineApp, expose } from 'holon'

${names.map((name) => `import { ${name} } from './${name}/contract.ts'`).join('\n')}

const app: AppDefinition = defineApp({
  name: 'large',
  services: {
${names.map((name) => `    ${name}: () => import('./${name}/service.ts'),`).join('\n')}
  },
  gateway: { expose: [${names.map((name) => `expose(${name}, ['read0', 'write1'])`).join(', ')}] },
})

export default app
`
}
