// One service and a gateway, as a user's configuration names them.
export { app as default } from '../gateway/holon-app.ts'
