import { kafka } from './kafka.ts'
import { mariadb } from './mariadb.ts'
import { nats } from './nats.ts'
import { rabbitmq } from './rabbitmq.ts'
import type { Recipe, ServerName } from './recipe.ts'
import { redis } from './redis.ts'

export const recipes: Readonly<Record<ServerName, Recipe>> = { nats, rabbitmq, kafka, redis, mariadb }

export const serverNames: readonly ServerName[] = Object.keys(recipes) as ServerName[]
