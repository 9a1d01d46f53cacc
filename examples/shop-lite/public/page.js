const message = document.querySelector('#message')

async function ask(path, options) {
  const response = await fetch(`/api${path}`, options)
  const answer = await response.json()
  // Errors are problem documents (RFC 9457).
  if (!response.ok) throw new Error(answer.detail ?? answer.title)
  return answer
}

function put(path, body) {
  return ask(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

const euros = (cents) => (cents / 100).toLocaleString(undefined, { style: 'currency', currency: 'EUR' })

function line(text, ...more) {
  const item = document.createElement('li')
  item.append(text, ...more)
  return item
}

async function showOrders() {
  const { orders } = await ask('/orders')
  const lines = orders.map((order) => line(`${order.quantity} × ${order.productId}, ${euros(order.totalCents)}`))
  document.querySelector('#orders').replaceChildren(...lines)
}

async function buy(productId) {
  const id = crypto.getRandomValues(new Uint32Array(3)).join('-')
  await put(`/orders/${id}`, { productId, quantity: 1 })
  await showOrders()
  const { mail } = await ask(`/mails/${id}`)
  message.textContent = mail === null ? 'The order is placed; its mail will follow.' : `A mail came: ${mail.text}`
}

function buyButton({ id }) {
  const button = document.createElement('button')
  button.textContent = 'Buy'
  button.addEventListener('click', () => {
    buy(id).catch((error) => (message.textContent = error.message))
  })
  return button
}

const { products } = await ask('/products')
document
  .querySelector('#products')
  .replaceChildren(...products.map((each) => line(`${each.name}, ${euros(each.priceCents)}`, buyButton(each))))
await showOrders()
