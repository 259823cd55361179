/** The list of the frame's calipers: their lengths, ends that keys move, and delete. */
import { valueIn } from "../../app/loaded";
import { pane } from "../../study/session";
import { lengthOf, originOf, written } from "../lengths";
import { sizes, tool, view } from "../stage";
import { Cross } from "../toolbar/icons";
import { type Point, toFrame } from "../view";
import { add, type Caliper, calipers, chosen, type End, moveEnd, remove } from "./calipers";
import { measuring } from "./tool";
import "./calipers.css";

const STEPS: Record<string, [number, number]> = {
	ArrowLeft: [-1, 0],
	ArrowRight: [1, 0],
	ArrowUp: [0, -1],
	ArrowDown: [0, 1],
};

/** Return where an arrow key moves an end: to the side that is seen, ten pixels with Shift. */
export function stepped(
	{ x, y }: Point,
	key: string,
	shift: boolean,
	flips: { flipX: boolean; flipY: boolean },
): Point | null {
	const [dx, dy] = STEPS[key] ?? [0, 0];
	if (dx === 0 && dy === 0) return null;
	const by = shift ? 10 : 1;
	return { x: x + by * dx * (flips.flipX ? -1 : 1), y: y + by * dy * (flips.flipY ? -1 : 1) };
}

/** Add a caliper across the middle of what is seen, for keys to move. */
function addInTheMiddle(): void {
	const [laid, known] = [view.peek(), sizes.peek()];
	if (laid === null || known === null) return;
	const { width, height } = known.canvas;
	const at = (share: number) => toFrame(laid, { x: share * width, y: height / 2 });
	add([at(0.4), at(0.6)]);
}

function EndButton({ caliper, end }: { caliper: Caliper; end: End }) {
	const onKeyDown = (event: KeyboardEvent) => {
		const flips = view.peek() ?? { flipX: false, flipY: false };
		const to = stepped(caliper.ends[end], event.key, event.shiftKey, flips);
		if (to === null) return;
		event.preventDefault();
		moveEnd(caliper.id, end, to);
	};
	return (
		<button
			type="button"
			title="Move with the arrow keys; with Shift by ten pixels"
			aria-label={`End ${end + 1} of caliper ${caliper.id}; arrow keys move it`}
			onKeyDown={onKeyDown}
		>
			{end === 0 ? "A" : "B"}
		</button>
	);
}

export function Calipers() {
	const all = calipers.value;
	const isChosen = tool.value === measuring;
	if (all.length === 0 && !isChosen) return null;
	const scale = valueIn(pane.shown.value)?.state.finding.scale;
	return (
		<section class="calipers" aria-label="Calipers">
			<ul>
				{all.map((one) => (
					<li
						key={one.id}
						aria-current={chosen.value === one.id}
						onKeyDown={(event) => {
							if (event.key !== "Delete") return;
							event.preventDefault();
							remove(one.id);
						}}
						onFocusCapture={() => {
							chosen.value = one.id;
						}}
					>
						<span>{one.id}</span>
						<output>{written(lengthOf(one.ends, scale))}</output>
						<EndButton caliper={one} end={0} />
						<EndButton caliper={one} end={1} />
						<button
							type="button"
							aria-label={`Delete caliper ${one.id}`}
							title="Delete (Delete)"
							onClick={() => remove(one.id)}
						>
							<Cross />
						</button>
					</li>
				))}
			</ul>
			<p>
				{all.length === 0 ? "Drag from end to end. " : ""}
				Scale: {originOf(scale)}
			</p>
			<button type="button" onClick={addInTheMiddle}>
				Add caliper
			</button>
		</section>
	);
}
