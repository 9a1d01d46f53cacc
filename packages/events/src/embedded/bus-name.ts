/** Name of the service that serves the embedded bus. */
export const busName = 'holon-bus'
