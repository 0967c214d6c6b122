/** The sign of the house: a shield with a lock. */
export function Emblem() {
  return (
    <svg className="emblem" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 1.5 3.5 6v9c0 8.3 5.2 13.5 12.5 15.5C23.3 28.5 28.5 23.3 28.5 15V6z" fill="#fff" />
      <path d="M16 4 6 7.6V15c0 6.7 4 10.9 10 12.7C22 25.9 26 21.7 26 15V7.6z" fill="#174a8b" />
      <path d="M11 14.5h10v7.5H11z" fill="#fff" />
      <path d="M13 14.5V12a3 3 0 0 1 6 0v2.5" fill="none" stroke="#fff" strokeWidth="1.8" />
    </svg>
  )
}
