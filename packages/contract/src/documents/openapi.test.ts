import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { command, defineContract, failure, query, stream } from '../index.ts'
import { failureProblemType, type OpenApiInfo, toOpenApi } from './openapi.ts'

const Order = z
  .object({ id: z.string(), status: z.enum(['pending', 'paid']), totalCents: z.int() })
  .meta({ id: 'Order', description: 'One order.' })
interface Tree {
  name: string
  children: Tree[]
}
const Category: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Category)
  },
})

const orders = defineContract('orders', {
  description: 'Takes orders.',
  operations: {
    place: command({
      http: { route: 'POST /orders', status: 201 },
      summary: 'Places an order.',
      input: z.object({ cartId: z.string(), note: z.string().optional() }),
      output: Order,
      errors: {
        outOfStock: failure('failed_precondition', z.object({ sku: z.string() }), 'An item is sold out.'),
        closed: failure('failed_precondition'),
      },
    }),
    get: query({ http: 'GET /orders/{id}', input: z.object({ id: z.string().describe('Its id.') }), output: Order }),
    list: query({
      http: 'GET /orders',
      auth: 'none',
      deprecated: true,
      input: z.object({ limit: z.int().max(100).default(20), status: z.array(Order.shape.status).optional() }),
      output: z.object({ items: z.array(Order), nextCursor: z.string().nullable() }),
    }),
    amend: command({
      http: 'PATCH /orders/{orderId}',
      auth: 'optional',
      input: z.object({ orderId: z.string(), note: z.string(), categories: Category.optional() }),
    }),
    cancel: command({ http: 'POST /orders/{id}/cancel', input: z.object({ id: z.string() }) }),
    watch: stream({ http: 'GET /orders/{id}/events', input: z.object({ id: z.string() }), serverStream: Order }),
    internal: command({ input: z.object({ secret: z.string() }) }),
  },
})
const categories = defineContract('categories', {
  operations: { tree: query({ http: 'GET /categories', output: Category }) },
})

const info: OpenApiInfo = { title: 'Shop', version: '1.2.3', prefix: '/api' }
const all = Object.keys(orders.operations)

// oxlint-disable-next-line typescript/no-explicit-any -- the document is plain JSON; tests look into it freely
function documentOf(operations: readonly string[] = all): any {
  return structuredClone(
    toOpenApi(
      [
        { contract: orders, operations },
        { contract: categories, operations: ['tree'] },
      ],
      info,
    ),
  )
}

describe('the OpenAPI document', () => {
  it('is valid for an independent validator, every reference included', async () => {
    const validator = new Validator()
    const result = await validator.validate(documentOf())
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
    expect(referencesIn(documentOf()).filter((reference) => resolve(documentOf(), reference) === undefined)).toEqual([])
  })

  it('describes only what is named and has a route', () => {
    const document = documentOf(['get', 'internal'])
    expect(Object.keys(document.paths)).toEqual(['/api/orders/{id}', '/api/categories'])
    expect(JSON.stringify(document)).not.toContain('secret')
  })

  it('splits an input as the gateway does: path, query, body', () => {
    const { paths } = documentOf()
    expect(paths['/api/orders'].post).toMatchObject({
      operationId: 'orders_place',
      tags: ['orders'],
      summary: 'Places an order.',
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { required: ['cartId'] } } },
      },
    })
    expect(paths['/api/orders/{id}'].get.parameters).toEqual([
      { name: 'id', in: 'path', required: true, description: 'Its id.', schema: { type: 'string' } },
    ])
    const [limit, status] = paths['/api/orders'].get.parameters
    expect(limit).toMatchObject({ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } })
    expect(limit).not.toHaveProperty('required')
    expect(status).toMatchObject({ name: 'status', in: 'query', schema: { type: 'array' } })
    const amend = paths['/api/orders/{id}'].patch
    expect(Object.keys(amend.requestBody.content['application/json'].schema.properties)).toEqual(['note', 'categories'])
    expect(paths['/api/orders/{id}/cancel'].post).not.toHaveProperty('requestBody')
  })

  it('gives one name to a path parameter that two contracts call differently', () => {
    const { patch } = documentOf().paths['/api/orders/{id}']
    expect(patch.parameters[0]).toMatchObject({ name: 'id', in: 'path' })
  })

  it('tells statuses: the route’s own, 204 for nothing, event streams, declared failures', () => {
    const { paths } = documentOf()
    expect(Object.keys(paths['/api/orders'].post.responses)).toEqual(['201', '400', '401', '409', 'default'])
    expect(Object.keys(paths['/api/orders/{id}'].patch.responses)).toContain('204')
    expect(paths['/api/orders/{id}/events'].get.responses['200'].content).toHaveProperty(['text/event-stream'])
    const conflict = paths['/api/orders'].post.responses['409'].content['application/problem+json'].schema
    expect(conflict.anyOf).toHaveLength(3)
    expect(conflict.anyOf[0].allOf[1].properties).toMatchObject({
      type: { const: failureProblemType(orders.operations.place, 'outOfStock') },
      failure: { const: 'outOfStock' },
      data: { properties: { sku: { type: 'string' } } },
    })
  })

  it('says who needs a token', () => {
    const { paths } = documentOf()
    expect(paths['/api/orders'].post.security).toEqual([{ bearer: [] }])
    expect(paths['/api/orders/{id}'].get.security).toEqual([{}, { bearer: [] }])
    expect(paths['/api/orders'].get).toMatchObject({ security: [], deprecated: true })
  })

  it('names recursive schemas, and shares those that are equal', () => {
    const { schemas } = documentOf().components
    expect(Object.keys(schemas).toSorted()).toMatchInlineSnapshot(`
      [
        "Order",
        "Problem",
        "categories_tree_output",
        "orders_amend_input",
      ]
    `)
    expect(JSON.stringify(schemas)).not.toContain('$defs')
  })
})

function referencesIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : referencesIn(value),
  )
}

function resolve(document: unknown, reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
}
