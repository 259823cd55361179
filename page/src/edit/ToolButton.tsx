/** A button of the toolbar: picture, name, and its key where the pointer rests on it. */
import { Icon, type IconName } from "./icons";

interface Button {
	icon: IconName;
	name: string;
	/** As it is written on a keyboard. */
	keys: string;
	does: string;
	onClick: () => void;
	disabled?: boolean;
	pressed?: boolean;
}

export function ToolButton({ icon, name, keys, does, onClick, disabled, pressed }: Button) {
	return (
		<button
			type="button"
			class="tool"
			title={`${does} (${keys})`}
			aria-keyshortcuts={keys.replace("Ctrl", "Control")}
			aria-pressed={pressed}
			disabled={disabled}
			onClick={onClick}
		>
			<Icon name={icon} />
			<span>{name}</span>
		</button>
	);
}
