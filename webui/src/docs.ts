/** Swagger UI, bundled. */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { byId } from "./dom";
import "./menu";

const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followTheme);
followTheme();

SwaggerUI({ domNode: byId("swagger"), url: byId("swagger").dataset["document"], deepLinking: true, docExpansion: "list", defaultModelsExpandDepth: 0, validatorUrl: null });
