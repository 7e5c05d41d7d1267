// What an event sends that asks only which frames are painted, and not with what: without the
// pictures, which have up to 700 kB.

/**
 * @param {...unknown} values of the controls, of which boards have `pictures` by number
 * @returns {unknown[]}
 */
export const withoutPictures = (...values) => values.map(value => {
  const {pictures} = value ?? {};
  if (!pictures) return value;
  return {.../** @type {object} */ (value), pictures: Object.fromEntries(Object.keys(pictures).map(number => [number, '']))};
});
