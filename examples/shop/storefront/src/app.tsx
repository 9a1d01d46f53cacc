import { QueryClientProvider } from '@tanstack/react-query'
import { createBrowserRouter } from 'react-router'
import { RouterProvider } from 'react-router/dom'

import { PageShell } from './layout/page-shell.tsx'
import { RequireSignIn } from './layout/require-sign-in.tsx'
import { CartPage } from './pages/cart-page.tsx'
import { CategoryPage } from './pages/category-page.tsx'
import { CheckoutPage } from './pages/checkout-page.tsx'
import { ConfirmationPage } from './pages/confirmation-page.tsx'
import { CrashPage } from './pages/crash-page.tsx'
import { HomePage } from './pages/home-page.tsx'
import { MailsPage } from './pages/mails-page.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { OrderPage } from './pages/order-page.tsx'
import { OrdersPage } from './pages/orders-page.tsx'
import { ProductPage } from './pages/product-page.tsx'
import { SearchPage } from './pages/search-page.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'
import { SignUpPage } from './pages/sign-up-page.tsx'
import { AnnouncerProvider } from './parts/announcer.tsx'
import { queryClient } from './shop.ts'

const router = createBrowserRouter([
  {
    element: <PageShell />,
    errorElement: <CrashPage />,
    children: [
      { index: true, element: <HomePage /> },
      { path: 'search', element: <SearchPage /> },
      { path: 'categories/:id', element: <CategoryPage /> },
      { path: 'products/:id', element: <ProductPage /> },
      { path: 'sign-in', element: <SignInPage /> },
      { path: 'sign-up', element: <SignUpPage /> },
      {
        element: <RequireSignIn />,
        children: [
          { path: 'cart', element: <CartPage /> },
          { path: 'checkout', element: <CheckoutPage /> },
          { path: 'mails', element: <MailsPage /> },
          { path: 'orders', element: <OrdersPage /> },
          { path: 'orders/:id', element: <OrderPage /> },
          { path: 'orders/:id/confirmation', element: <ConfirmationPage /> },
        ],
      },
      { path: '*', element: <NotFoundPage /> },
    ],
  },
])

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <AnnouncerProvider>
        <RouterProvider router={router} />
      </AnnouncerProvider>
    </QueryClientProvider>
  )
}
