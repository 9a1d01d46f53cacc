import { useEffect, useState } from 'react'

import { Icon } from './icon.tsx'

interface QuantityPickerProps {
  /** What is counted; part of the accessible names. */
  of: string
  value: number
  max: number
  onChange: (quantity: number) => void
  disabled?: boolean
}

/** A number field with a button on either side. Reports a typed number when the field is left or Enter is pressed. */
export function QuantityPicker({ of, value, max, onChange, disabled = false }: QuantityPickerProps) {
  const [typed, setTyped] = useState(String(value))
  useEffect(() => setTyped(String(value)), [value])
  const commit = (): void => {
    const wanted = Number.parseInt(typed, 10)
    const quantity = Number.isNaN(wanted) ? value : Math.min(Math.max(wanted, 1), Math.max(max, 1))
    setTyped(String(quantity))
    if (quantity !== value) onChange(quantity)
  }
  return (
    <div className="quantity" role="group" aria-label={`Quantity of ${of}`}>
      <StepButton label={`One less ${of}`} icon="minus" onClick={() => onChange(value - 1)} disabled={disabled || value <= 1} />
      <input
        aria-label={`Quantity of ${of}`}
        inputMode="numeric"
        pattern="[0-9]*"
        value={typed}
        disabled={disabled}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit()
        }}
      />
      <StepButton label={`One more ${of}`} icon="plus" onClick={() => onChange(value + 1)} disabled={disabled || value >= max} />
    </div>
  )
}

interface StepButtonProps {
  label: string
  icon: 'plus' | 'minus'
  onClick: () => void
  disabled: boolean
}

function StepButton({ label, icon, onClick, disabled }: StepButtonProps) {
  return (
    <button type="button" className="step-button" aria-label={label} onClick={onClick} disabled={disabled}>
      <Icon name={icon} />
    </button>
  )
}
