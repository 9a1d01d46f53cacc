import type { PaymentMethod } from '../api/answers.ts'

const methods: { value: PaymentMethod; label: string; hint: string }[] = [
  { value: 'card', label: 'Credit or debit card', hint: 'Charged when you place the order.' },
  { value: 'invoice', label: 'Invoice', hint: 'Pay within 14 days of delivery.' },
  {
    value: 'card-declined',
    label: 'Test card (always declined)',
    hint: 'For seeing what happens when a bank says no.',
  },
]

interface PaymentChoiceProps {
  value: PaymentMethod
  onChange: (method: PaymentMethod) => void
  disabled: boolean
}

export function PaymentChoice({ value, onChange, disabled }: PaymentChoiceProps) {
  return (
    <fieldset className="panel payment" disabled={disabled}>
      <legend>Payment</legend>
      {methods.map((method) => (
        <div key={method.value} className="payment-option">
          <input
            type="radio"
            name="paymentMethod"
            id={`pay-${method.value}`}
            value={method.value}
            checked={value === method.value}
            onChange={() => onChange(method.value)}
            aria-describedby={`pay-${method.value}-hint`}
          />
          <label htmlFor={`pay-${method.value}`}>{method.label}</label>
          <p className="muted" id={`pay-${method.value}-hint`}>
            {method.hint}
          </p>
        </div>
      ))}
    </fieldset>
  )
}
