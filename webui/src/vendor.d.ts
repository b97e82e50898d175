declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  export default function SwaggerUI(options: Record<string, unknown>): unknown;
}
declare module "thumbhash" {
  export function thumbHashToDataURL(hash: Uint8Array): string;
}
