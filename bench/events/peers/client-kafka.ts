// Kafka through @platformatic/kafka: acks of all replicas awaited for each publication; offsets committed as they come.
import { Admin, Consumer, Producer, ProduceAcks, stringDeserializers, stringSerializers } from '@platformatic/kafka'

import type { EventsPeer, Order, Setup } from '../order.ts'

const topicOf = ({ name }: Setup): string => `${name}.orders.placed`
const optionsOf = ({ broker = '', name }: Setup) => ({ clientId: name, bootstrapBrokers: [broker] })

export const peer: EventsPeer = {
  produce: (setup) => {
    const producer = new Producer({ ...optionsOf(setup), serializers: stringSerializers, acks: ProduceAcks.ALL })
    const topic = topicOf(setup)
    return Promise.resolve({
      publish: async (order, committing) => {
        committing()
        await producer.send({ messages: [{ topic, key: order.customerId, value: JSON.stringify(order) }] })
      },
    })
  },
  consume: async (setup, applied) => {
    const admin = new Admin(optionsOf(setup))
    await admin.createTopics({ topics: [topicOf(setup)], partitions: 8, replicas: 1 })
    await admin.close()
    const consumer = new Consumer({
      ...optionsOf(setup),
      groupId: `${setup.name}-shipping`,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
    })
    // The topic is new. With 'latest' what is published until the first fetch would be passed over.
    const stream = await consumer.consume({ topics: [topicOf(setup)], mode: 'earliest', autocommit: 100 })
    stream.on('data', ({ value }) => applied((JSON.parse(value) as Order).n))
    stream.on('error', (error: unknown) => console.error(error))
  },
}
