/** What a dragged order carries: its id. */
export const ORDER_DRAG = 'text/x-paidan-order';
