// The page's buttons: a plain one, and one that is only a picture with a name for those who cannot see it.
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import css from './button.module.css';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'plain' | 'primary' | 'danger';
  readonly children: ReactNode;
}
export function Button({ kind = 'plain', children, className, ...rest }: ButtonProps) {
  return <button type="button" className={[css.button, className].join(' ')} data-kind={kind} {...rest}>{children}</button>;
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly label: string;
  readonly pressed?: boolean;
  readonly shortcut?: string;
  readonly children: ReactNode;
}
export function IconButton({ label, pressed, shortcut, children, className, ...rest }: IconButtonProps) {
  return (
    <button type="button" className={[css.icon, className].join(' ')} aria-label={label} title={shortcut === undefined ? label : `${label} (${shortcut})`} {...(pressed === undefined ? {} : { 'aria-pressed': pressed })} {...rest}>
      {children}
    </button>
  );
}
