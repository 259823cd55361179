/** Short names of what goes over the wire; the server's OpenAPI describes every field. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Analysis = Schemas["Analysis"];
export type Asked = Schemas["Asked"];
export type ByUser = Schemas["ByUser"];
export type Change = Schemas["Change"];
export type Action = Change["change"];
export type Contour = Schemas["Contour"];
export type Finding = Schemas["Finding"];
export type FrameState = Schemas["FrameState"];
export type FrameValues = Schemas["FrameValues"];
export type Health = Schemas["Health"];
export type Image = Schemas["Image"];
export type Model = Schemas["Model"];
export type Nodule = Schemas["Nodule"];
export type Recorded = Schemas["Recorded"];
export type Refined = Schemas["Refined"];
export type RefusedFile = Schemas["RefusedFile"];
export type Reported = Schemas["Reported"];
export type Review = Analysis["review"];
export type Study = Schemas["Study"];
export type TiRads = Schemas["TiRads"];
export type Tried = Schemas["Tried"];
export type Understood = Schemas["Understood"];
export type Uploaded = Schemas["Uploaded"];
export type UserAttributes = Schemas["UserAttributes"];
