export type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from './bus.ts'
export { type MemoryBus, memoryBus } from './memory-bus.ts'
