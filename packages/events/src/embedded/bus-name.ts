/** Name of the service that serves the embedded bus. */
export const busName = 'holon-bus'

/** The caller under whose name an instance talks to it. */
export const busCallerName = 'holon-events'
