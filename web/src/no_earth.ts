// SPDX-License-Identifier: Apache-2.0
// In place of d3-geo, which Plot asks for to draw maps of the earth: no chart here is one, and it
// is a fifteenth of the script (vite.config.ts puts this in its place). A chart that would need it
// fails when it is made.
const none = (): never => {
  throw new Error('this build of Plot draws no maps of the earth');
};
export const geoTransform = (methods: object): object => methods; // Plot makes one as it loads
export {
  none as geoAlbers,
  none as geoAlbersUsa,
  none as geoAzimuthalEqualArea,
  none as geoAzimuthalEquidistant,
  none as geoCentroid,
  none as geoClipRectangle,
  none as geoConicConformal,
  none as geoConicEqualArea,
  none as geoConicEquidistant,
  none as geoEqualEarth,
  none as geoEquirectangular,
  none as geoGnomonic,
  none as geoGraticule10,
  none as geoMercator,
  none as geoOrthographic,
  none as geoPath,
  none as geoStereographic,
  none as geoStream,
  none as geoTransverseMercator,
};
