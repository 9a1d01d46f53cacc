import type { ControlLog } from './control-log.ts'
import type { KafkaSession, Place } from './kafka-session.ts'

export interface KnownTopicsOptions {
  readonly session: KafkaSession
  readonly control: ControlLog
  /** Under which a partition's topic is kept. */
  readonly key: (place: Place) => string
}

/**
 * In which topics a subscription's offsets are, by Kafka's ids of topics. One that was deleted and made anew has the same
 * name, and offsets from 0; the group may still have those of the old one, or none, as if the subscription were new.
 */
export class KnownTopics {
  readonly #options: KnownTopicsOptions

  constructor(options: KnownTopicsOptions) {
    this.#options = options
  }

  /** The ids of the topics that are there now. */
  async look(topics: readonly string[]): Promise<TopicIds> {
    const { session, control, key } = this.#options
    await control.upToDate()
    const ids = await session.idsOf(topics)
    const known = (place: Place): unknown => control.get(key(place))
    return {
      isNew: (place) => known(place) === undefined,
      isOther: (place) => known(place) !== undefined && known(place) !== ids.get(place.topic),
      keep: (places) => {
        const changed = places.filter((place) => known(place) !== ids.get(place.topic))
        return control.put(changed.map((place) => [key(place), ids.get(place.topic)]))
      },
    }
  }
}

export interface TopicIds {
  /** The subscription has never had the partition, as far as is kept. */
  isNew(place: Place): boolean
  /** It had the partition of another topic of this name. */
  isOther(place: Place): boolean
  /** Resolves once it is kept that offsets of these partitions are in the topics that are there now. */
  keep(places: readonly Place[]): Promise<void>
}
