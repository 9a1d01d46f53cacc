import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { command, type Contract, defineContract, query } from '../../index.ts'
import { toOpenApi } from '../openapi.ts'

const Author = z.object({ name: z.string(), bio: z.string().nullable() })
const Article = z.object({ slug: z.string(), tags: z.array(z.string()), author: Author })
const one = z.object({ article: Article })
const many = z.object({ articles: z.array(Article), count: z.int() })

const articles = defineContract('articles', {
  operations: {
    get: query({ http: 'GET /articles/{slug}', input: z.object({ slug: z.string() }), output: one }),
    list: query({ http: 'GET /articles', output: many }),
    feed: query({ http: 'GET /feed', output: many }),
    create: command({ http: 'POST /articles', input: z.object({ title: z.string() }), output: one }),
    update: command({ http: 'PUT /articles', input: z.object({ title: z.string() }), output: one }),
    favorite: command({ http: 'POST /favorites', output: one }),
    unfavorite: command({ http: 'DELETE /favorites', output: one }),
    author: query({ http: 'GET /author', output: Author }),
  },
})

// oxlint-disable-next-line typescript/no-explicit-any -- the document is plain JSON; tests look into it freely
async function documentOf(contract: Contract): Promise<any> {
  const document = toOpenApi([{ contract, operations: Object.keys(contract.operations) }], { title: 'a', version: '1' })
  const { errors } = await new Validator().validate(structuredClone(document))
  expect(errors).toBeUndefined()
  return document
}

it('a schema that stands in several operations is written out once, called after where it stands first', async () => {
  const { paths, components } = await documentOf(articles)
  const answerOf = (operation: { responses: Record<string, { content: object }> }): unknown =>
    operation.responses['200']?.content
  const once = { 'application/json': { schema: { $ref: '#/components/schemas/articles_get_output' } } }
  for (const operation of [paths['/articles/{slug}'].get, paths['/articles'].post, paths['/favorites'].delete])
    expect(answerOf(operation)).toEqual(once)
  expect(Object.keys(components.schemas).toSorted()).toEqual([
    'Problem',
    'articles_create_input',
    'articles_get_output',
    'articles_get_output_article',
    'articles_get_output_article_author',
    'articles_list_output',
  ])
  expect(JSON.stringify({ paths, components }).match(/"slug":\{"type":"string"\}/g)).toHaveLength(1)
  expect(components.schemas.articles_list_output.properties.articles.items).toEqual({
    $ref: '#/components/schemas/articles_get_output_article',
  })
})

it('a schema is called by its id or title where it has one; what only has an equal name keeps apart', async () => {
  const Order = z.object({ id: z.string() }).meta({ id: 'Order' })
  const Other = z.object({ other: z.string() }).meta({ title: 'Order' })
  const Third = z.object({ third: z.string() }).meta({ title: 'A thing: of "ours"' })
  const contract = defineContract('orders', {
    operations: {
      a: query({ http: 'GET /a', output: z.object({ one: Order, two: Other, three: Third }) }),
      b: query({ http: 'GET /b', output: z.object({ four: Third, five: Other, six: z.array(Order) }) }),
      c: query({ http: 'GET /c', output: Order }),
    },
  })
  const { paths, components } = await documentOf(contract)
  const propertiesAt = (path: string): unknown =>
    paths[path].get.responses['200'].content['application/json'].schema.properties
  const to = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
  expect(propertiesAt('/a')).toEqual({ one: to('Order'), two: to('Order_2'), three: to('A_thing_of_ours') })
  expect(propertiesAt('/b')).toMatchObject({ four: to('A_thing_of_ours'), six: { items: to('Order') } })
  expect(components.schemas.Order.properties).toEqual({ id: { type: 'string' } })
  expect(components.schemas.Order_2.properties).toEqual({ other: { type: 'string' } })
})

it('what stands in one place stays there', async () => {
  const contract = defineContract('a', {
    operations: { get: query({ http: 'GET /a', output: z.object({ inner: z.object({ x: z.string() }) }) }) },
  })
  expect(Object.keys((await documentOf(contract)).components.schemas)).toEqual(['Problem'])
})
