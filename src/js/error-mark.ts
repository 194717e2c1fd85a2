/**
 * Two copies of the package can be in one program. `instanceof` checks for this mark, which all
 * copies and entries share, instead of the class, of which each copy has its own.
 */
export const errorMark: unique symbol = Symbol.for("uber-vouchers.error");
