/** Types that the panel alone needs. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Attribute = Schemas["Attribute"];
export type Evidence = Schemas["Evidence"];
export type Malignancy = Schemas["Malignancy"];
export type Nodule = Schemas["Nodule"];
export type Scale = Schemas["Scale"];
export type TiRads = Schemas["TiRads"];
export type UserAttributes = Schemas["UserAttributes"];
export type Verdict = Schemas["ByUser"]["verdict"];
